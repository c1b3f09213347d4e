import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.CoGroupFunction;
import org.apache.flink.api.common.functions.FlatJoinFunction;
import org.apache.flink.api.common.functions.JoinFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.WindowAssigner;
import org.apache.flink.streaming.api.windowing.time.Time;
import org.apache.flink.util.CloseableIterator;
import org.apache.flink.util.Collector;

/**
 * Window joins and co-groups of Flink over random records `(key, time, number)`, as one JSON object a line:
 *
 * <pre>
 * JARS="$PYFLINK_VENV/lib/python3.11/site-packages/pyflink/lib/*"   # PyFlink 1.20.3 brings Flink's
 * javac -cp "$JARS" -d /tmp WindowJoins.java
 * java --add-opens java.base/java.util=ALL-UNNAMED -cp "$JARS:/tmp" WindowJoins > window_joins.jsonl
 * </pre>
 */
public class WindowJoins {
    static final String[] KINDS = {"tumbling", "sliding", "session"};
    static final long[][] NUMBERS = {{5, 0}, {7, 3}, {5, -1}, {6, 2, 0}, {6, 4, 1}, {3, 5, 0}, {1}, {4}, {20}};

    static WindowAssigner<Object, ?> assigner(String kind, long[] n) {
        switch (kind) {
            case "tumbling": return TumblingEventTimeWindows.of(Time.milliseconds(n[0]), Time.milliseconds(n[1]));
            case "sliding":
                return SlidingEventTimeWindows.of(
                        Time.milliseconds(n[0]), Time.milliseconds(n[1]), Time.milliseconds(n[2]));
            default: return EventTimeSessionWindows.withGap(Time.milliseconds(n[0]));
        }
    }

    static List<Tuple3<String, Long, Integer>> records(Random random, int count) {
        List<Tuple3<String, Long, Integer>> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            made.add(Tuple3.of("abc".substring(random.nextInt(3)).substring(0, 1), (long) random.nextInt(50) - 5, i));
        }
        return made;
    }

    static String json(List<Tuple3<String, Long, Integer>> records) {
        StringBuilder text = new StringBuilder();
        for (Tuple3<String, Long, Integer> r : records) {
            text.append(text.length() == 0 ? "[" : ", ");
            text.append("[\"" + r.f0 + "\", " + r.f1 + ", " + r.f2 + "]");
        }
        return text + "]";
    }

    static String results(DataStream<String> stream) throws Exception {
        DataStream<String> timed = stream.process(new ProcessFunction<String, String>() {
            @Override
            public void processElement(String value, Context context, Collector<String> out) {
                out.collect("[" + value + ", " + context.timestamp() + "]");
            }
        });
        List<String> all = new ArrayList<>();
        try (CloseableIterator<String> iterator = timed.executeAndCollect()) {
            iterator.forEachRemaining(all::add);
        }
        return "[" + String.join(", ", all) + "]";
    }

    public static void main(String[] arguments) throws Exception {
        Random random = new Random(20);
        for (int n = 0; n < NUMBERS.length; n++) {
            String kind = KINDS[n / 3];
            StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
            env.setParallelism(1);
            List<Tuple3<String, Long, Integer>> left = records(random, 25), right = records(random, 15);
            List<DataStream<Tuple3<String, Long, Integer>>> streams = new ArrayList<>();
            for (List<Tuple3<String, Long, Integer>> records : List.of(left, right)) {
                streams.add(env.fromCollection(records, Types.TUPLE(Types.STRING, Types.LONG, Types.INT))
                        .assignTimestampsAndWatermarks(
                                WatermarkStrategy.<Tuple3<String, Long, Integer>>noWatermarks()
                                        .withTimestampAssigner((r, t) -> r.f1)));
            }
            DataStream<Tuple3<String, Long, Integer>> one = streams.get(0), two = streams.get(1);
            WindowAssigner<Object, ?> windows = assigner(kind, NUMBERS[n]);
            String joined = results(one.join(two).where(r -> r.f0).equalTo(r -> r.f0).window(windows).apply(
                    new JoinFunction<Tuple3<String, Long, Integer>, Tuple3<String, Long, Integer>, String>() {
                        @Override
                        public String join(Tuple3<String, Long, Integer> l, Tuple3<String, Long, Integer> r) {
                            return "\"" + l.f0 + "\", " + l.f2 + ", " + r.f2;
                        }
                    }));
            String flat = results(one.join(two).where(r -> r.f0).equalTo(r -> r.f0).window(windows).apply(
                    new FlatJoinFunction<Tuple3<String, Long, Integer>, Tuple3<String, Long, Integer>, String>() {
                        @Override
                        public void join(Tuple3<String, Long, Integer> l, Tuple3<String, Long, Integer> r,
                                Collector<String> out) {
                            for (int i = 0; i < r.f2 % 3; i++) {
                                out.collect("\"" + l.f0 + "\", " + l.f2 + ", " + r.f2);
                            }
                        }
                    }));
            String grouped = results(one.coGroup(two).where(r -> r.f0).equalTo(r -> r.f0).window(windows).apply(
                    new CoGroupFunction<Tuple3<String, Long, Integer>, Tuple3<String, Long, Integer>, String>() {
                        @Override
                        public void coGroup(Iterable<Tuple3<String, Long, Integer>> first,
                                Iterable<Tuple3<String, Long, Integer>> second, Collector<String> out) {
                            List<Integer> ones = new ArrayList<>(), twos = new ArrayList<>();
                            first.forEach(r -> ones.add(r.f2));
                            second.forEach(r -> twos.add(r.f2));
                            out.collect(ones + ", " + twos);
                        }
                    }));
            StringBuilder numbers = new StringBuilder();
            for (long number : NUMBERS[n]) numbers.append(numbers.length() == 0 ? "" : ", ").append(number);
            System.out.println("{\"windows\": \"" + kind + "\", \"numbers\": [" + numbers + "], \"left\": " + json(left)
                    + ", \"right\": " + json(right) + ", \"join\": " + joined + ", \"flat_join\": " + flat
                    + ", \"co_group\": " + grouped + "}");
        }
    }
}
