"""``python -m promofix_lib`` and ``promofix``: make sure everything needed is there, then do what is asked."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; gives the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told, not shown a traceback
        found = ".".join(map(str, sys.version_info[:2]))
        sys.stderr.write(f"promofix needs Python 3.11 or newer, this is {found}. Install a newer Python.\n")
        return 2
    from promofix_lib.app.bootstrap import with_everything_installed

    return with_everything_installed(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
