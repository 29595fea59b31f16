"""Start Touchbase: `python -m bot`, the same as `touchbase`."""

from bot.cli import main

if __name__ == "__main__":
    main()
