"""Plain code for the same work, as a team would write it without this package. It is measured beside ours."""
