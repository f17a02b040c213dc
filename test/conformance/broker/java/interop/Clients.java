package interop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What all checks need: clients with short time-outs, new topics, and reading to a certain end. */
final class Clients {
    private static final AtomicInteger made = new AtomicInteger();
    static final Duration PATIENCE = Duration.ofSeconds(30);

    static String unique(String what) {
        return what + "-" + ProcessHandle.current().pid() + "-" + made.incrementAndGet();
    }

    static Admin admin(String bootstrap) {
        return Admin.create(Map.of("bootstrap.servers", bootstrap, "request.timeout.ms", 10000, "default.api.timeout.ms", 20000));
    }

    static String topic(String bootstrap, int partitions, Map<String, String> configs) throws Exception {
        String name = unique("java");
        try (Admin admin = admin(bootstrap)) {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(configs))).all().get();
        }
        return name;
    }

    static KafkaProducer<String, String> producer(String bootstrap, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "max.block.ms", 20000,
            "delivery.timeout.ms", 20000, "request.timeout.ms", 10000));
        settings.putAll(more);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static KafkaProducer<String, String> transactional(String bootstrap, String id) {
        KafkaProducer<String, String> producer = producer(bootstrap, Map.of("transactional.id", id));
        producer.initTransactions();
        return producer;
    }

    static long send(KafkaProducer<String, String> producer, String topic, String value) throws Exception {
        return producer.send(new ProducerRecord<>(topic, 0, value, value)).get().offset();
    }

    static KafkaConsumer<String, String> consumer(String bootstrap, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest",
            "enable.auto.commit", false, "request.timeout.ms", 10000, "default.api.timeout.ms", 20000));
        settings.putAll(more);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    /** The values of partition 0 from an offset on, until the position is past what an uncommitted reader sees now. */
    static List<String> read(String bootstrap, String topic, String isolation, long from) {
        TopicPartition partition = new TopicPartition(topic, 0);
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> uncommitted = consumer(bootstrap, Map.of());
             KafkaConsumer<String, String> reader = consumer(bootstrap, Map.of("isolation.level", isolation))) {
            long end = uncommitted.endOffsets(List.of(partition)).get(partition);
            reader.assign(List.of(partition));
            reader.seek(partition, from);
            until("the position is " + end, () -> {
                for (ConsumerRecord<String, String> record : reader.poll(Duration.ofMillis(100))) values.add(record.value());
                return reader.position(partition) >= end;
            });
        }
        return values;
    }

    static void until(String what, BooleanSupplier holds) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!holds.getAsBoolean())
            if (System.nanoTime() > deadline) throw new IllegalStateException("not within " + PATIENCE + ": " + what);
    }

    /** The name of the exception that it ends with, or what it gives. */
    static String outcome(Callable<?> call) {
        try {
            return String.valueOf(call.call());
        } catch (Exception e) {
            Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
            return cause.getClass().getSimpleName();
        }
    }

    /**
     * The same, asked again for a while until it is what is wanted: a broker hears of what the controller has done a little later.
     */
    static String settled(String wanted, Callable<?> call) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        String last = outcome(call);
        while (!last.equals(wanted) && System.nanoTime() < deadline) last = outcome(call);
        return last;
    }
}
