"""Solution of exercise 4.12."""

from flott.cep import CEP, Pattern
from flott.common import Duration
from flott.datastream import DataStream


def break_ins(logins: DataStream) -> DataStream:
    pattern = (
        Pattern.begin("failed")
        .where(lambda login: not login[1])
        .times(3)
        .consecutive()
        .next("in")
        .where(lambda login: login[1])
        .within(Duration.of_minutes(1))
    )
    found = CEP.pattern(logins.key_by(lambda login: login[0]), pattern)
    return found.select(lambda match: (match["in"][0][0], match["in"][0][2]))
