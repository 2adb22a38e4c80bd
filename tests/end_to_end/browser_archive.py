#!/usr/bin/env python3
"""browser_archive.py PROGRAM CERTIFICATES: what `--har` writes of a browser's session, as the developer
tools of browsers want to read it.
"""

import datetime
import json
import os
import pathlib
import re
import shutil
import unittest
import urllib.parse

from developer_tools import DeveloperTools
from harness import PATIENCE, free_port, wait_listening, wait_until
from intercepted import Intercepted, run_tests
from interception import INTERCEPT

PAGES = pathlib.Path(__file__).parent / "peers" / "pages.js"
NUMBER = (int, float)


class BrowserArchive(Intercepted):
    def expect_importable(self, entry: dict):
        """HAR 1.2, and what DevTools and Firefox's importer compute with."""
        datetime.datetime.fromisoformat(entry["startedDateTime"].replace("Z", "+00:00"))
        request, response, timings = entry["request"], entry["response"], entry["timings"]
        url = urllib.parse.urlsplit(request["url"])
        self.assertTrue(url.scheme and url.hostname, request["url"])
        self.assertRegex(request["httpVersion"], r"^HTTP/(1\.[01]|2)$")
        for name in ("blocked", "dns", "connect", "ssl"):
            self.assertGreaterEqual(timings[name], -1)
        spent = [timings[name] for name in ("send", "wait", "receive")]
        self.assertTrue(all(isinstance(each, NUMBER) and each >= 0 for each in spent), timings)
        self.assertAlmostEqual(sum(spent), entry["time"], 2)
        self.assertGreaterEqual(response["content"]["size"], 0)
        for size in (response["content"]["size"], request["bodySize"], response["bodySize"]):
            self.assertIsInstance(size, int)
        for text in (request["method"], response["statusText"], response["redirectURL"],
                     response["content"]["mimeType"], entry["connection"]):
            self.assertIsInstance(text, str)
        for pair in (*request["headers"], *response["headers"], *request["queryString"],
                     *request["cookies"], *response["cookies"]):
            self.assertIsInstance(pair["name"], str)
            self.assertIsInstance(pair["value"], str)
        self.assertIsInstance(entry["cache"], dict)
        self.assertRegex(entry.get("serverIPAddress", "::"), r"^[0-9a-f.:]+$")

    def test_a_browsers_session(self):
        for program in ("chromium", "node"):
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")
        port = free_port()
        server = self.stage.start("node", str(PAGES), self.stage.certificate("good_ec.pem"),
                                  self.stage.certificate("good_ec.key"), str(port))
        wait_listening(server, port)
        archive = self.stage.folder / "session.har"
        config = self.stage.file("hosts.toml", "[hosts]\n'a.test' = '127.0.0.1'\n")
        proxy = self.stage.proxy_by(("--forward",), "--config", config, "--ca-dir", "{certs}/ca",
                                    *INTERCEPT, "--har", str(archive), threads=2)
        home = self.stage.folder / "home"
        at = f"https://a.test:{port}"
        self.stage.start(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            f"--user-data-dir={home}", f"--proxy-server=http://127.0.0.1:{proxy.port}",
            "--ignore-certificate-errors", "--disable-background-networking", f"{at}/",
            env={**os.environ, "HOME": str(home)})
        self.assertTrue(wait_until(lambda: f"{at}/last" in archive.read_text(), 2 * PATIENCE))

        text = archive.read_text()
        log = json.loads(text)["log"]
        self.assertEqual((log["version"], log["pages"]), ("1.2", []))
        for entry in log["entries"]:
            self.expect_importable(entry)
        told = {entry["request"]["method"] + " " + entry["request"]["url"].removeprefix(at): entry
                for entry in log["entries"]}
        page = told["GET /"]
        self.assertEqual(page["request"]["httpVersion"], "HTTP/2")
        self.assertEqual([each["name"] for each in page["response"]["cookies"]], ["a", "b"])
        self.assertEqual(told["GET /redirect"]["response"]["redirectURL"], "/landed")
        self.assertEqual([each["name"] for each in told["GET /landed"]["request"]["cookies"]],
                         ["a", "b"])
        form = told["POST /form?a=%C3%BC&b&=c"]["request"]
        self.assertEqual(form["postData"]["params"], [{"name": "x", "value": "ü ö"}])
        self.assertEqual([(each["name"], each["value"]) for each in form["queryString"]],
                         [("a", "ü"), ("b", ""), ("", "c")])
        upload = told["POST /upload"]["request"]["postData"]
        self.assertTrue(re.match("multipart/form-data", upload["mimeType"]))
        self.assertEqual(upload["_encoding"], "base64")
        for coding in ("gzip", "deflate", "br"):
            content = told[f"GET /coded/{coding}"]["response"]["content"]
            self.assertEqual(content["text"], "grüße " * 20)
            self.assertGreater(content["compression"], 0)
        self.assertEqual(told["GET /binary"]["response"]["content"]["encoding"], "base64")
        self.assertEqual(told["GET /nothing"]["response"]["status"], 204)
        self.assertIn("CANCEL", told["GET /slow"]["response"]["_error"])
        self.assertIn("INTERNAL_ERROR", told["GET /cut"]["response"]["_error"])
        self.assertEqual(told["GET /socket"]["response"]["status"], 101)
        self.expect_opened(text, log["entries"])

    def expect_opened(self, archive: str, entries: list):
        """By the developer tools themselves, which list by the time of the request; the archive has
        what ended first, first."""
        with DeveloperTools(self.stage) as tools:
            opened = tools.open_archive(archive)
        if "other" in opened:
            self.skipTest(f"Chromium's developer tools are composed otherwise: {opened['other']}")
        self.assertCountEqual(
            [(each["method"], each["url"], each["status"]) for each in opened["listed"]],
            [(entry["request"]["method"], entry["request"]["url"], entry["response"]["status"])
             for entry in entries])
        texts = {each["url"].rpartition("/")[2]: each["text"] for each in opened["listed"]}
        self.assertEqual(texts["br"], "grüße " * 20)


if __name__ == "__main__":
    run_tests()
