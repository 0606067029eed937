"""`python -m simulator --port 8001`: every setting is an option or a SIMULATOR_… variable."""

import argparse
import logging
import os
import sys
from dataclasses import fields

from simulator.server import serve
from simulator.settings import Settings, read_setting, settings_from


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulator", description="LINE's platform in miniature, with a chat page.")
    for setting in fields(Settings):
        parser.add_argument(f"--{setting.name.replace('_', '-')}", default=None)
    given = vars(parser.parse_args())
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        chosen = {name: read_setting(name, text) for name, text in given.items() if text is not None}
        settings = settings_from(os.environ, **chosen)
    except ValueError as error:
        parser.error(str(error))
    serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
