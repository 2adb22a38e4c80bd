"""Chromium's developer tools in a page of their own, spoken to by --remote-debugging-pipe."""

import json
import os
import select
import time

from harness import PATIENCE, Stage

PAGE = "devtools://devtools/bundled/devtools_app.html?panel=network"
# Takes the file's text; gives what the panel lists then. "other" is a Chromium whose tools are
# composed otherwise. They take a while to be there.
OPEN_ARCHIVE = """
async (text) => {
  const bundled = 'devtools://devtools/bundled/';
  let network, logs;
  try {
    network = await import(bundled + 'panels/network/network.js');
    logs = await import(bundled + 'models/logs/logs.js');
  } catch (error) {
    return {other: String(error)};
  }
  let panel;
  for (let i = 0; !panel; ++i) {
    try {
      panel = network.NetworkPanel.NetworkPanel.instance();
    } catch (error) {
      if (i == 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await panel.networkLogView.onLoadFromFile(new File([text], 'session.har'));
  const requests = logs.NetworkLog.NetworkLog.instance().requests();
  return {listed: await Promise.all(requests.map(async (each) => {
    const content = await each.requestContentData();
    return {
      method: each.requestMethod, url: each.url(), status: each.statusCode,
      text: content.isTextContent ? content.text : null,
    };
  }))};
}
"""


class DeveloperTools:
    def __init__(self, stage: Stage):
        pipes = [stage.folder / name for name in ("to-browser", "from-browser")]
        for pipe in pipes:
            os.mkfifo(pipe)
        # For reading and writing: neither this side nor the shell waits for the other then.
        self._to, self._from = (os.open(pipe, os.O_RDWR | os.O_CLOEXEC) for pipe in pipes)
        self._unread = b""
        self._asked = 0
        home = stage.folder / "tools-home"
        stage.start(
            "sh", "-c", f"exec chromium \"$@\" 3<{pipes[0]} 4>{pipes[1]}", "chromium",
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            f"--user-data-dir={home}", "--disable-background-networking",
            "--remote-debugging-pipe", env={**os.environ, "HOME": str(home)})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._to)
        os.close(self._from)

    def open_archive(self, text: str) -> dict:
        """What OPEN_ARCHIVE gives for the text of an archive."""
        page = self._ask("Target.createTarget", {"url": PAGE})["targetId"]
        session = self._ask("Target.attachToTarget", {"targetId": page, "flatten": True})
        expression = f"({OPEN_ARCHIVE})({json.dumps(text)})"
        answer = self._ask(
            "Runtime.evaluate",
            {"expression": expression, "awaitPromise": True, "returnByValue": True},
            session["sessionId"])
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"]["value"]

    def _ask(self, method: str, parameters: dict, session=None) -> dict:
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        unsent = json.dumps(message).encode() + b"\0"
        while unsent:
            unsent = unsent[os.write(self._to, unsent):]
        limit = time.monotonic() + 3 * PATIENCE
        while True:
            answer = json.loads(self._next(limit))
            if answer.get("id") != self._asked:
                continue
            if "error" in answer:
                raise AssertionError(answer["error"])
            return answer["result"]

    def _next(self, limit: float) -> bytes:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0, limit - time.monotonic()))
            if not ready:
                raise AssertionError("the browser does not answer")
            self._unread += os.read(self._from, 1 << 16)
        message, _, self._unread = self._unread.partition(b"\0")
        return message
