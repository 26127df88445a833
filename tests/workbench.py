"""The page /python in a real browser: how tests open programs there, run them, and read what they say."""

import re
from itertools import count

from playwright.sync_api import expect

NUMBERS = count(1)  # of programs, as all tabs of a browser share them
DEADLINE = 60_000  # milliseconds: Python comes to a busy computer in ten seconds

expect.set_options(timeout=DEADLINE)


class Workbench:
    def __init__(self, page, url):
        self.page = page
        page.set_default_timeout(DEADLINE)
        self.console, self.state = page.get_by_role("log"), page.get_by_role("status")
        self.run_button = page.get_by_role("button", name="Run ")
        self.stop_button = page.get_by_role("button", name="Stop ")
        page.goto(url + "python")

    def wait_for(self, *texts):
        """Wait until the console has these texts, one after the other."""
        expect(self.console).to_contain_text(re.compile(".*".join(map(re.escape, texts)), re.DOTALL))

    def wait_until_ready(self):
        expect(self.state).to_contain_text("Python is ready")

    def open(self, source):
        """Open a program as a file."""
        name = f"program{next(NUMBERS)}.py"
        file = {"name": name, "mimeType": "text/x-python", "buffer": source.encode()}
        self.page.locator("input[type=file]").set_input_files(file)
        expect(self.page.get_by_label("Open one of your programs")).to_have_value(name)

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
