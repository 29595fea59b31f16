"""What is measured: one module per subject, each with `main()`, run by `make bench`."""
