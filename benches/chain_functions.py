"""The three functions of the workload `chain`: small, as functions in a stream are."""


def order(n):
    """An order of a number."""
    return {"id": n, "user": n % 1000, "price": n * 7919 % 10007 / 100, "quantity": n % 5 + 1}


def charge(order):
    """The user and what the order costs, in cents."""
    return order["user"], round(order["price"] * order["quantity"] * 119)


class Total:
    """Adds up what orders cost, and says the sum behind the last of them."""

    def __init__(self, last):
        self.left = last
        self.cents = 0

    def flat_map(self, value):
        self.cents += value[1]
        self.left -= 1
        return [f"TOTAL={self.cents}"] if self.left == 0 else []
