# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a command on a pseudo-terminal and answers its questions; ends it as Ctrl-C would.

    terminal.py [--answer PATTERN=TEXT]… [--hesitate SECONDS] -- COMMAND…

Events: said (line), asked (the prompt), typed (the answer), ended. A signal to this script becomes Ctrl-C, a second one SIGKILL.
Result: status of the command, milliseconds it took to end after Ctrl-C.
"""
import argparse
import codecs
import os
import pty
import re
import select
import signal
import time

import peer


class Terminal:
    """The command's terminal, seen from a person's side."""

    def __init__(self, command: list[str], answers: list[tuple[str, str]], hesitation: float):
        self.answers, self.hesitation = answers, hesitation
        self.line = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execvp(command[0], command)

    def read(self, seconds: float) -> bool:
        """Reads what is there; returns whether the terminal is still open."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return True
        try:
            text = os.read(self.descriptor, 65_536)
        except OSError:
            return False
        # Without colours and cursor movements.
        self.line += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.decoder.decode(text))
        *complete, self.line = self.line.split("\n")
        for line in complete:
            peer.report("said", line=line.rstrip("\r"))
            self._answer(line)
        if self._answer(self.line):
            self.line = ""
        return bool(text)

    def _answer(self, text: str) -> bool:
        for question, answer in self.answers:
            if re.search(question, text):
                peer.report("asked", line=text.rstrip("\r"))
                time.sleep(self.hesitation)
                os.write(self.descriptor, f"{answer}\n".encode())
                peer.report("typed", answer=answer)
                self.answers.remove((question, answer))
                return True
        return False

    def press(self, key: bytes) -> None:
        os.write(self.descriptor, key)


def main(arguments) -> dict:
    answers = [tuple(answer.split("=", 1)) for answer in arguments.answer]
    terminal = Terminal(arguments.command, answers, arguments.hesitate)
    peer.report("started", pid=terminal.process)
    pressed = None
    while True:
        try:
            if not terminal.read(0.1):
                break
        except peer.Stopped:
            if pressed is None:
                pressed = time.monotonic()
                terminal.press(b"\x03")
            else:
                os.kill(terminal.process, signal.SIGKILL)
    _, status = os.waitpid(terminal.process, 0)
    ended = time.monotonic()
    peer.report("ended")
    return {
        "status": os.waitstatus_to_exitcode(status),
        "endedAfterMilliseconds": None if pressed is None else round((ended - pressed) * 1000),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answer", action="append", default=[], help="regular expression=text to type")
    parser.add_argument("--hesitate", type=float, default=0, help="seconds before an answer is typed")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds)
