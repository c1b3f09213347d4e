"""The page in a real browser, fed by the real job: what a person sees, on which screen, and on a bad day."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stage3_window_statistics.dashboard.live import LiveState
from stage3_window_statistics.dashboard.server import DashboardServer
from stage3_window_statistics.order_statistics import StatisticsOptions
from stage3_window_statistics.real_time_dashboard import follow, start_job
from tests.browser.chromium import Browser, Page
from tests.stage1.test_flink_order_etl import send
from tests.stage3.shop import message
from tests.stage3.test_live_state import change, minute, result, user

LONG = "A product whose name goes on for as long as anybody could ever want it to be " * 3


@pytest.fixture
def state() -> LiveState:
    return LiveState("orders", pause=0.01)


@pytest.fixture
def server(state: LiveState) -> Iterator[DashboardServer]:
    with DashboardServer(state, port=0) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: DashboardServer) -> Iterator[Page]:
    with browser.page() as opened:
        opened.go(server.url)
        opened.wait_for("document.querySelector('#connection').dataset.state === 'running'")
        yield opened
        assert opened.complaints == []
        assert {url.split("/")[2] for url in opened.requested} == {server.url.split("/")[2]}


@pytest.fixture
def shop(
    embedded_broker: str, topic: str, sqlite_url: str, state: LiveState, tmp_path: Path
) -> Iterator[Callable[..., None]]:
    """The job runs, and what is sent with this function is an order for it."""
    options = StatisticsOptions(
        bootstrap_servers=embedded_broker,
        topic=topic,
        group_id=topic,
        offset="earliest",
        database_url=sqlite_url,
        rejects_path=tmp_path / "log",
        statistics_topic=f"{topic}-statistics",
    )
    send(embedded_broker, topic, ["not an order"])
    ended = threading.Event()
    client = start_job(options, state)
    watcher = threading.Thread(target=follow, args=(client, state, ended))
    watcher.start()
    yield lambda *messages: send(embedded_broker, topic, list(messages))
    ended.set()
    client.cancel().result()
    watcher.join()


def says(id: str, text: str) -> str:
    """The condition that an element says exactly this."""
    return f"document.getElementById('{id}').textContent === {text!r}"


def fill(state: LiveState, name: str = "Tea") -> None:
    """All that the page can show, by hand."""
    state.result(minute("10:00", 3, "30.00"))
    state.result(minute("10:01", 1, "1234567.80"))
    state.result(result("hour", "10:00", "11:00", 4, "1234597.80"))
    state.result(user(name, "1234567.80"))
    state.result(result("product", "10:00", "11:00", 7, "99999999.99", item_id="I1"))
    state.name(("I1", name))
    for status, count in (("completed", 3), ("pending", 1)):
        state.result(result("status", "10:00", "11:00", count, "1.00", status=status))
    state.result(change("10:01", "pending", "completed", 12))


def test_numbers_change_while_the_job_runs(page: Page, shop: Callable[..., None]) -> None:
    page.wait_for("document.querySelector('#rejected').textContent.startsWith('1 ')")
    assert page.text("#empty h2") == "No minute has ended yet"
    assert "No order has come yet" in page.text("#empty-text")
    assert page.ask("document.querySelector('.tiles').checkVisibility()") is False

    shop(message("a", "10:00:10", 10.25, items=[("I001", 10.25, 1)]), message("b", "10:00:30", 5, status="pending"))
    page.wait_for("document.querySelector('#empty-text').textContent.includes('reaches 10:01:00')")
    assert "2 until now" in page.text("#empty-text")
    page.wait_for(says("watermark", "10:00:24"))
    assert page.text("#lag") == "5.0 s"

    # 10:01:05 takes the watermark to 10:00:59.999, where the minute ends
    shop(message("c", "10:01:05", 100))
    page.wait_for(says("hour-orders", "2"))
    assert page.ask("document.querySelector('#empty').checkVisibility()") is False
    page.wait_for(says("hour-amount", "15.25"))
    page.wait_for(says("orders-now", "10:00 · 2 orders"))
    page.wait_for("document.querySelector('#products .name').textContent === 'I001'")

    # the next minute, and a change: b is paid
    shop(message("b", "10:01:20", 5, status="completed"), message("d", "10:02:05", 1))
    page.wait_for(says("hour-orders", "3"))
    page.wait_for(says("hour-amount", "115.25"))
    page.wait_for(says("orders-now", "10:01 · 1 order"))
    page.wait_for("document.querySelector('#changes').textContent.includes('pending → completed')")
    page.wait_for("document.querySelectorAll('#statuses li').length === 2")
    assert page.text("#statuses").split() == ["completed", "66.7%", "2", "pending", "33.3%", "1"]

    # late: the first minute has been over for an hour
    shop(message("e", "11:02:05", 1))
    page.wait_for(says("watermark", "11:01:59"))
    shop(message("f", "10:00:20", 1))
    page.wait_for(says("late", "1"))
    page.wait_for(says("messages", "7"))


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_wider_than_the_screen(
    browser: Browser, server: DashboardServer, state: LiveState, width: int
) -> None:
    fill(state, LONG)
    with browser.page(width, 844, phone=True) as page:
        page.go(server.url)
        page.wait_for("document.querySelectorAll('#statuses li').length === 2")
        assert page.ask("document.documentElement.scrollWidth") == width
        outside = """[...document.querySelectorAll('main *')]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 0.5)
            .map((one) => one.outerHTML)"""
        assert page.ask(outside) == []
        # one card below the other, and both charts there
        tops = page.ask("[...document.querySelectorAll('.chart')].map((one) => one.getBoundingClientRect().top)")
        assert tops[0] < tops[1]
        # letters a person can read
        sizes = "[...document.querySelectorAll('main *')].map((one) => parseFloat(getComputedStyle(one).fontSize))"
        assert min(page.ask(sizes)) >= 11


CONTRASTS = """(() => {
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => {
        const part = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const [r, g, b] = numbers(color).map((c) => part(c / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (one) => {
        for (; one; one = one.parentElement) {
            const color = getComputedStyle(one).backgroundColor;
            if ((numbers(color)[3] ?? 1) === 1) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    return [...document.querySelectorAll('body *')]
        .filter((one) => one.checkVisibility() && [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((one) => {
            const color = getComputedStyle(one)[one.closest('svg') ? 'fill' : 'color'];
            const [a, b] = [light(color), light(ground(one))];
            return [one.textContent.trim().slice(0, 30), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
        });
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_follow_the_system_and_can_be_read(
    browser: Browser, server: DashboardServer, state: LiveState, dark: bool
) -> None:
    """Each text has the contrast that WCAG asks for, 4.5 to 1, on what is behind it."""
    fill(state)
    with browser.page(dark=dark) as page:
        page.go(server.url)
        page.wait_for("document.querySelectorAll('#statuses li').length === 2")
        red = page.ask("Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")
        assert red < 64 if dark else red > 192
        contrasts = page.ask(CONTRASTS)
        assert len(contrasts) > 30
        assert [(text, contrast) for text, contrast in contrasts if contrast < 4.5] == []


def test_the_page_goes_on_when_the_server_is_back(browser: Browser, state: LiveState) -> None:
    """The same page, not loaded again: it says that it has lost the server, and then shows what the new one has."""
    fill(state)
    with browser.page() as page:
        with DashboardServer(state, port=0) as server:
            page.go(server.url)
            page.wait_for(says("hour-orders", "4"))
            page.ask("window.never_loaded_again = true")
        page.wait_for("document.querySelector('#connection').dataset.state === 'lost'")
        assert page.text("#connection") == "Connection lost, trying again"
        assert page.text("#hour-orders") == "4"
        other = LiveState("orders", pause=0)
        other.result(minute("12:00", 9))
        other.result(result("hour", "12:00", "13:00", 9, "90.00"))
        with DashboardServer(other, port=server.port):
            page.wait_for(says("hour-orders", "9"))
            page.wait_for(says("connection", "Live"))
            assert page.text("#orders-now") == "12:00 · 9 orders"
        assert page.ask("window.never_loaded_again")


def test_what_orders_say_is_text(page: Page, state: LiveState) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    fill(state, evil)
    state.result(result("status", "10:00", "11:00", 9, "1.00", status=evil))
    page.wait_for("document.querySelectorAll('#statuses li').length === 3")
    assert page.text("#products .name") == page.text("#users .name") == evil
    assert page.ask("document.querySelectorAll('main img, main script').length") == 0
    assert page.ask("document.title") == "1 order a minute"


def test_charts_can_be_read_with_the_pointer_the_keys_and_the_ears(page: Page, state: LiveState) -> None:
    fill(state)
    page.wait_for(says("amount-now", "10:01 · 1,234,567.80"))
    label = "document.querySelector('#orders-chart svg').getAttribute('aria-label')"
    assert page.ask(label) == "Orders a minute, the last 2 minutes. Now: 10:01 · 1 order"
    page.ask("document.querySelector('#orders-chart svg').focus()")
    for _ in range(2):
        page.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft")
    page.wait_for(says("orders-now", "10:00 · 3 orders"))
    page.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight")
    page.wait_for(says("orders-now", "10:01 · 1 order"))

    box = page.ask("document.querySelector('#amount-chart svg').getBoundingClientRect().toJSON()")
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box["left"] + 60, y=box["top"] + 50)
    page.wait_for(says("amount-now", "10:00 · 30.00"))
    # a new state does not take the reading away
    state.result(minute("10:02", 5, "5.00"))
    page.wait_for(says("orders-now", "10:02 · 5 orders") + " || " + says("orders-now", "10:01 · 1 order"))
    assert page.text("#amount-now") == "10:00 · 30.00"
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)
    page.wait_for(says("amount-now", "10:02 · 5.00"))


def test_the_line_is_where_the_figures_are(page: Page, state: LiveState) -> None:
    """Values 0, 5 and 10 of 10: at the bottom, half way up, and at the top."""
    for n, count in enumerate((0, 5, 10)):
        state.result(minute(f"10:0{n}", count))
    page.wait_for(says("orders-now", "10:02 · 10 orders"))
    path: str = page.ask("document.querySelector('#orders-chart .line').getAttribute('d')")
    points = [tuple(map(float, point.split(","))) for point in path[1:].split("L")]
    (x0, bottom), (x1, middle), (x2, top) = points
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert bottom - middle == pytest.approx(middle - top, abs=0.2)
    grid = page.ask("[...document.querySelectorAll('#orders-chart .grid')].map((l) => Number(l.getAttribute('y1')))")
    assert (bottom, top) == (pytest.approx(max(grid), abs=0.1), pytest.approx(min(grid), abs=0.1))
    texts = page.ask("[...document.querySelectorAll('#orders-chart text')].map((t) => t.textContent)")
    assert texts[:3] == ["0", "5", "10"]


def test_a_job_that_fails_says_why_and_goes_on_saying_it(
    browser: Browser, server: DashboardServer, state: LiveState
) -> None:
    """The server ends with the job: the last state still comes, and "connection lost" does not take its place."""
    with browser.page() as page:
        page.go(server.url)
        fill(state)
        page.wait_for(says("hour-orders", "4"))
        assert page.ask("document.querySelector('#problem').checkVisibility()") is False
        page.ask("window.errors = 0; 1")
        state.job("failed", "no broker answers\nwhat to do: start one")
        server.close()
        page.wait_for(says("connection", "The job has failed"))
        assert page.text("#problem p") == "no broker answers\nwhat to do: start one"
        # it has noticed that the server is gone: a request fails
        page.wait_for("(fetch('/state.json').catch(() => { window.errors++; }), window.errors > 2)")
        assert page.text("#connection") == "The job has failed"
        assert page.text("#hour-orders") == "4"


def test_two_pages_show_the_same(browser: Browser, server: DashboardServer, state: LiveState, page: Page) -> None:
    with browser.page() as other:
        other.go(server.url)
        fill(state)
        for each in (page, other):
            each.wait_for(says("hour-orders", "4"))
        assert page.text("main") == other.text("main")
