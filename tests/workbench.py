"""The page /python in a real browser: how tests open programs there, run them, and read what they say."""

import re
from itertools import count

from tests.conftest import wait_until

NUMBERS = count(1)  # of programs, as all tabs of a browser share them
DEADLINE = 60  # seconds: Python comes to a busy computer in ten


class Workbench:
    def __init__(self, page, url):
        self.page = page
        page.set_default_timeout(1000 * DEADLINE)
        self.console, self.state = page.get_by_role("log"), page.get_by_role("status")
        self.run_button = page.get_by_role("button", name="Run ")
        self.stop_button = page.get_by_role("button", name="Stop ")
        page.goto(url + "python")

    def wait_for(self, *texts, where=None):
        """Wait until the console has these texts, one after the other."""
        pattern = re.compile(".*".join(map(re.escape, texts)), re.DOTALL)
        wait_until(lambda: pattern.search((where or self.console).inner_text()), DEADLINE)

    def wait_until_ready(self):
        self.wait_for("Python is ready", where=self.state)

    def open(self, source):
        """Open a program as a file."""
        name = f"program{next(NUMBERS)}.py"
        file = {"name": name, "mimeType": "text/x-python", "buffer": source.encode()}
        self.page.locator("input[type=file]").set_input_files(file)
        chosen = self.page.get_by_label("Open one of your programs")
        wait_until(lambda: chosen.input_value() == name, DEADLINE)

    def start(self, source, *answers):
        """Open a program, press Run, and type these answers."""
        self.wait_until_ready()
        self.open(source)
        self.run_button.click()
        for answer in answers:
            self.answer(answer)

    def answer(self, text):
        self.console.get_by_role("textbox").fill(text)
        self.console.get_by_role("textbox").press("Enter")

    def run(self, source, *answers):
        """Run a program from beginning to end. Returns all that the console has then."""
        self.start(source, *answers)
        self.wait_until_ready()
        return self.console.inner_text()

    def stop(self):
        self.stop_button.click()
        self.wait_until_ready()
