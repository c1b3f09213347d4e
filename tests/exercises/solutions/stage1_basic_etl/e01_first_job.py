"""Solution of exercise 1.1."""

from flott.datastream import StreamExecutionEnvironment


def shout(words: list[str]) -> list[str]:
    env = StreamExecutionEnvironment.get_execution_environment()
    return list(env.from_collection(words).map(str.upper).execute_and_collect())
