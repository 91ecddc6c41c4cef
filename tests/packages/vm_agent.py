# SPDX-License-Identifier: BSD-3-Clause
"""Inside the virtual machine: runs the scripts that come in on a virtio port, several at once.

A request and an answer are each one line of JSON. The first line tells which boot this is.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading

PORT = "/dev/virtio-ports/skarn"


def run(script, seconds):
    """(status, output); a script that takes too long has the status of timeout(1)."""
    # A file, as a pipe would be kept open by whatever the script leaves in the background.
    with tempfile.TemporaryFile(dir="/run") as output:
        process = subprocess.Popen(["sh", "-ec", script], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, start_new_session=True)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = 124
        output.seek(0)
        return status, output.read()


def main():
    port = open(PORT, "r+b", buffering=0)
    lock = threading.Lock()

    def say(**answer):
        data = json.dumps(answer).encode() + b"\n"
        with lock:
            while data:
                data = data[port.write(data):]

    def serve(request):
        status, output = run(request["script"], request["seconds"])
        say(id=request["id"], status=status, output=output.decode(errors="replace"))

    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        say(boot=file.read().strip())
    pending = b""
    while True:
        pending += port.read(65536)
        *lines, pending = pending.split(b"\n")
        for line in lines:
            threading.Thread(target=serve, args=(json.loads(line),), daemon=True).start()


main()
