"""Everything that two published clients of the panel API offer, against one gateway: URL, KEY."""

import sys
import time

from safesmm import SafeSMM, SafeSMMError
from smm import SMM, SMMAPIError

url, key = sys.argv[1:3]


def until(what, look):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"not in time: {what}")


def refused(error, call, *args, **kwargs):
    try:
        answer = call(*args, **kwargs)
    except error as refusal:
        return str(refusal)
    sys.exit(f"expected a refusal, got {answer}")


def safesmm():
    client = SafeSMM(key, api_url=url)
    assert client.balance()["currency"] == "USD"
    services = {entry["name"]: entry for entry in client.services()}
    default = services["Default"]["service"]
    order = client.add_order(default, "https://example.com/safe", 100)["order"]
    assert isinstance(order, int)
    assert client.status(order)["status"] in ("Pending", "In progress", "Processing", "Completed")
    until("Completed", lambda: client.status(order)["status"] == "Completed")
    comments = client.add_order(
        services["Custom Comments"]["service"], "https://example.com/safe", comments="a\r\n\r\nb"
    )["order"]
    drip = client.add_order(default, "https://example.com/safe", 100, runs=2, interval=5)["order"]
    many = client.multi_status([order, comments, drip, 999999])
    assert many[str(order)]["status"] == "Completed" and "error" in many["999999"], many
    assert client.refill(order)["refill"]
    canceled = client.cancel([order, 999999])
    assert [entry["order"] for entry in canceled] == [order, 999999], canceled
    assert refused(SafeSMMError, client.add_order, default, "https://example.com/safe", 1) == "Quantity less than minimal 10"
    assert refused(SafeSMMError, SafeSMM("wrong", api_url=url).balance) == "Invalid API key"


def babismm():
    with SMM(url, key) as client:
        before = float(client.get_balance()["balance"])
        services = {entry["name"]: entry for entry in client.get_services()}
        default = services["Default"]["service"]
        order = client.add_order(default, link="https://example.com/babi", quantity=100)["order"]
        assert abs(before - float(client.get_balance()["balance"]) - 1.2) < 1e-9
        until("Completed", lambda: client.get_status(order)["status"] == "Completed")
        status = client.get_status(order)
        assert set(status) == {"charge", "start_count", "status", "remains", "currency"}, status
        assert client.get_multi_status([order])[str(order)] == status
        refill = client.create_refill(order)["refill"]
        until("refilled", lambda: client.get_refill_status(refill)["status"] == "Completed")
        assert client.create_multi_refill([order, 999999])[0]["order"] == order
        assert client.get_multi_refill_status([refill])[0]["status"] == "Completed"
        assert client.cancel_orders([order])[0]["cancel"]["error"] == "This order cannot be canceled"
        package = services["Package"]["service"]
        assert client.add_order(package, link="https://example.com/babi")["order"] > order
        assert refused(SMMAPIError, client.add_order, 999999, link="x", quantity=1) == "Incorrect service ID"
        assert refused(SMMAPIError, client.get_status, 999999) == "Incorrect order ID"


safesmm()
babismm()
print("safesmm and babismm: all they offer")
