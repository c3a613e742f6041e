"""Has a command run by `commands.py`, as if it were run here: `python asking.py SOCKET ARGUMENT…`."""

import json
import os
import socket
import sys

if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(sys.argv[1])
        socket.send_fds(way, [b"!"], [1, 2])
        way.sendall(json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode())  # noqa: PTH109 - little is loaded
        way.shutdown(socket.SHUT_WR)
        with way.makefile() as answer:
            sys.exit(int(answer.read()))
