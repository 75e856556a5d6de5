"""Drives a running Thunderbird by Mozilla's Marionette: its own scripts, in its own windows. The standard library is enough."""
import json
import socket
import time


class Marionette:
    """A session with a Thunderbird that was started with --marionette."""

    def __init__(self, port=2828, seconds=90):
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
        self.buffer, self.number = b"", 0
        self.receive()
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        self.ask("Marionette:SetContext", {"value": "chrome"})
        self.ask("WebDriver:SetTimeouts", {"script": 60_000})

    def receive(self):
        while b":" not in self.buffer:
            self.more()
        length, self.buffer = self.buffer.split(b":", 1)
        while len(self.buffer) < int(length):
            self.more()
        text, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(text)

    def more(self):
        read = self.socket.recv(65536)
        if not read:
            raise EOFError("Thunderbird has ended")
        self.buffer += read

    def ask(self, name, parameters):
        self.number += 1
        text = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(str(len(text)).encode() + b":" + text)
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(f"{name}: {error['message']}")
        return result

    def run(self, script, *arguments):
        """The value of an asynchronous function's body, in the main window."""
        whole = f"const done = arguments[arguments.length - 1];\n(async (...args) => {{ {script} }})(...arguments)" \
                ".then(value => done({ value }), error => done({ error: String(error) + error.stack }));"
        answer = self.ask("WebDriver:ExecuteAsyncScript", {"script": whole, "args": list(arguments), "newSandbox": False})
        if "error" in answer["value"]:
            raise RuntimeError(answer["value"]["error"])
        return answer["value"].get("value")
