"""Google Tasks over the wire: the only package that knows Google's client, JSON and sign-in."""
