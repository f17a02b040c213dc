package interop;

import static interop.Clients.consumer;
import static interop.Clients.outcome;
import static interop.Clients.producer;
import static interop.Clients.read;
import static interop.Clients.send;
import static interop.Clients.topic;
import static interop.Clients.unique;
import static interop.Clients.until;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;

final class Records {
    /** Per codec: the offsets that the producer was told are those of the log, and all comes back as it was sent. */
    static Object compressions(String bootstrap) throws Exception {
        Map<String, Object> seen = new LinkedHashMap<>();
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            String topic = topic(bootstrap, 1, Map.of("retention.ms", "-1"));
            List<String> sent = new ArrayList<>();
            List<Future<RecordMetadata>> acks = new ArrayList<>();
            try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of("compression.type", codec, "linger.ms", 20))) {
                for (int i = 0; i < 500; i++) {
                    ProducerRecord<String, String> record = new ProducerRecord<>(topic, 0, 1_000_000L + i, i % 3 == 0 ? null : "key" + i,
                        i % 7 == 0 ? null : "value " + i, List.of(new RecordHeader("n", ("" + i).getBytes(StandardCharsets.UTF_8)), new RecordHeader("none", null)));
                    sent.add(i + " " + record.timestamp() + " " + record.key() + " " + record.value() + " n=" + i + " none=null");
                    acks.add(producer.send(record));
                }
                for (int i = 0; i < acks.size(); i++) if (acks.get(i).get().offset() != i) throw new IllegalStateException("offset of " + i);
            }
            seen.put(codec, lines(bootstrap, topic, 500).equals(sent));
        }
        return seen;
    }

    private static List<String> lines(String bootstrap, String topic, int count) {
        List<String> lines = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, Map.of("check.crcs", true))) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            consumer.seekToBeginning(consumer.assignment());
            until(count + " records", () -> {
                for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(100)))
                    lines.add(r.offset() + " " + r.timestamp() + " " + r.key() + " " + r.value() + " n="
                        + new String(r.headers().lastHeader("n").value(), StandardCharsets.UTF_8) + " none=" + r.headers().lastHeader("none").value());
                return lines.size() >= count;
            });
        }
        return lines;
    }

    /** What a topic's configs refuse. */
    static Object refusals(String bootstrap) throws Exception {
        Map<String, Object> seen = new LinkedHashMap<>();
        String small = topic(bootstrap, 1, Map.of("max.message.bytes", "1000"));
        String compacted = topic(bootstrap, 1, Map.of("cleanup.policy", "compact"));
        String dated = topic(bootstrap, 1, Map.of("message.timestamp.after.max.ms", "1000", "message.timestamp.before.max.ms", "1000"));
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of())) {
            seen.put("too large", outcome(() -> send(producer, small, "x".repeat(5000))));
            seen.put("small enough", outcome(() -> send(producer, small, "x")));
            seen.put("compacted, without a key", outcome(() -> producer.send(new ProducerRecord<>(compacted, 0, null, "value")).get()));
            long now = System.currentTimeMillis();
            seen.put("in the future", outcome(() -> producer.send(new ProducerRecord<>(dated, 0, now + 100_000, "k", "v")).get()));
            seen.put("in the past", outcome(() -> producer.send(new ProducerRecord<>(dated, 0, now - 100_000, "k", "v")).get()));
        }
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of("max.block.ms", 1500))) {
            seen.put("unknown topic", outcome(() -> send(producer, unique("missing"), "x")));
            seen.put("unknown partition", outcome(() -> producer.send(new ProducerRecord<>(small, 7, "k", "v")).get()));
            seen.put("invalid topic", outcome(() -> producer.send(new ProducerRecord<>("not a topic", 0, "k", "v")).get()));
        }
        return seen;
    }

    /** The time of a record is the broker's where the topic says so. */
    static Object logAppendTime(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of("message.timestamp.type", "LogAppendTime"));
        long before = System.currentTimeMillis();
        long told;
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of("compression.type", "lz4"))) {
            told = producer.send(new ProducerRecord<>(topic, 0, 5L, "k", "v")).get().timestamp();
        }
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, Map.of())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            List<ConsumerRecord<String, String>> found = new ArrayList<>();
            until("a record", () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
                return !found.isEmpty();
            });
            return List.of(found.get(0).timestampType().toString(), found.get(0).timestamp() == told, told >= before);
        }
    }

    /** A fetch that is smaller than the batch gets it all the same (KIP-74). */
    static Object largeBatchSmallFetch(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of())) {
            send(producer, topic, "x".repeat(100_000));
            send(producer, topic, "y");
        }
        List<Integer> lengths = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, Map.of("fetch.max.bytes", 1000, "max.partition.fetch.bytes", 1000))) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            until("both records", () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> lengths.add(record.value().length()));
                return lengths.size() == 2;
            });
        }
        return lengths;
    }

    /** Of one key only the last value stays, and of one that was deleted nothing. */
    static Object compaction(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of("cleanup.policy", "compact", "segment.ms", "50", "min.cleanable.dirty.ratio", "0.001",
            "delete.retention.ms", "1", "min.compaction.lag.ms", "0", "message.timestamp.type", "LogAppendTime"));
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of())) {
            for (String value : List.of("1", "2", "3"))
                for (String key : List.of("a", "b")) producer.send(new ProducerRecord<>(topic, 0, key, value)).get();
            producer.send(new ProducerRecord<>(topic, 0, "b", null)).get();
            List<String> last = new ArrayList<>();
            until("only the last values are left", () -> {
                // A segment is rolled by the next write after its time; only rolled ones are compacted.
                outcome(() -> producer.send(new ProducerRecord<>(topic, 0, "nudge", "nudge")).get());
                last.clear();
                last.addAll(read(bootstrap, topic, "read_uncommitted", 0));
                last.removeIf("nudge"::equals);
                return last.equals(List.of("3"));
            });
            return last;
        }
    }
}
