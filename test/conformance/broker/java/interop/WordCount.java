package interop;

import static interop.Clients.admin;
import static interop.Clients.consumer;
import static interop.Clients.producer;
import static interop.Clients.unique;
import static interop.Clients.until;

import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;

/** Kafka Streams' own first example: the topology of WordCountDemo, whose jar Maven does not have. */
final class WordCount {
    private static final List<String> LINES = List.of("all streams lead to kafka", "hello kafka streams", "join kafka summit");
    private static final int ROUNDS = 100;

    static Object atLeastOnce(String bootstrap) throws Exception {
        return counts(bootstrap, "at_least_once");
    }

    static Object exactlyOnce(String bootstrap) throws Exception {
        return counts(bootstrap, "exactly_once_v2");
    }

    /** Closes the app when half of the lines are written, and goes on with another instance, without the local state. */
    private static Object counts(String bootstrap, String guarantee) throws Exception {
        String app = unique("streams-wordcount");
        String input = app + "-input";
        String output = app + "-output";
        try (Admin admin = admin(bootstrap)) {
            admin.createTopics(List.of(new NewTopic(input, 3, (short) 1), new NewTopic(output, 2, (short) 1))).all().get();
        }
        Map<String, Long> counts = new TreeMap<>();
        for (int half = 1; half <= 2; half++) {
            write(bootstrap, input);
            long wanted = (long) half * ROUNDS * LINES.stream().mapToInt(line -> line.split(" ").length).sum();
            try (KafkaStreams streams = new KafkaStreams(topology(input, output), settings(bootstrap, app, guarantee))) {
                streams.start();
                await(bootstrap, output, counts, wanted);
                streams.close(Duration.ofSeconds(30));
            }
        }
        return counts;
    }

    private static org.apache.kafka.streams.Topology topology(String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> lines = builder.stream(input);
        lines.flatMapValues(line -> Arrays.asList(line.toLowerCase(Locale.getDefault()).split(" ")))
            .groupBy((key, word) -> word)
            .count()
            .toStream()
            .to(output, Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    private static Properties settings(String bootstrap, String app, String guarantee) throws Exception {
        Properties settings = new Properties();
        settings.putAll(Map.of("application.id", app, "bootstrap.servers", bootstrap, "statestore.cache.max.bytes", 0,
            "default.key.serde", Serdes.StringSerde.class.getName(), "default.value.serde", Serdes.StringSerde.class.getName(),
            "auto.offset.reset", "earliest", "processing.guarantee", guarantee, "num.stream.threads", 2,
            "state.dir", Files.createTempDirectory("wordcount").toString(), "commit.interval.ms", 200));
        // An instance that is closed does not leave its group, so the next one waits for this long.
        settings.putAll(Map.of("session.timeout.ms", 6000, "heartbeat.interval.ms", 500));
        return settings;
    }

    private static void write(String bootstrap, String input) {
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of())) {
            for (int i = 0; i < ROUNDS; i++)
                for (String line : LINES) producer.send(new ProducerRecord<>(input, "" + i, line));
        }
    }

    /** The last count of each word, once they are as many as were written. */
    private static void await(String bootstrap, String output, Map<String, Long> counts, long wanted) {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "group.id", unique("counts"), "auto.offset.reset", "earliest", "isolation.level", "read_committed");
        try (KafkaConsumer<String, Long> reader = new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            reader.subscribe(List.of(output));
            until(wanted + " words", () -> {
                reader.poll(Duration.ofMillis(100)).forEach(record -> counts.put(record.key(), record.value()));
                return counts.values().stream().mapToLong(count -> count).sum() >= wanted;
            });
        }
    }
}
