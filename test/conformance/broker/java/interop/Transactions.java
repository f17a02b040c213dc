package interop;

import static interop.Clients.admin;
import static interop.Clients.consumer;
import static interop.Clients.outcome;
import static interop.Clients.producer;
import static interop.Clients.read;
import static interop.Clients.send;
import static interop.Clients.topic;
import static interop.Clients.transactional;
import static interop.Clients.unique;
import static interop.Clients.until;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

final class Transactions {
    /** Whatever the end of a transaction was answered before: its marker is in the log now. */
    private static void markers(String bootstrap, String topic, long end) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, Map.of("isolation.level", "read_committed"))) {
            until("the last stable offset is " + end, () -> consumer.endOffsets(List.of(partition)).get(partition) == end);
        }
    }

    /** Two aborted transactions, one within the other, and one committed; read from every offset. */
    static Object interleavedAborts(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        KafkaProducer<String, String> a = transactional(bootstrap, unique("a"));
        KafkaProducer<String, String> b = transactional(bootstrap, unique("b"));
        a.beginTransaction();
        b.beginTransaction();
        for (String value : List.of("a0", "b1", "b2", "a3")) send(value.startsWith("a") ? a : b, topic, value);
        a.abortTransaction();
        send(b, topic, "b5");
        b.abortTransaction();
        a.beginTransaction();
        send(a, topic, "a7");
        a.commitTransaction();
        markers(bootstrap, topic, 9);
        a.close();
        b.close();
        List<List<String>> seen = new ArrayList<>();
        for (long from = 0; from <= 8; from++) seen.add(read(bootstrap, topic, "read_committed", from));
        return Map.of("committed", seen, "uncommitted", read(bootstrap, topic, "read_uncommitted", 0));
    }

    /** What is behind an open transaction waits for its end. */
    static Object lastStableOffset(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        TopicPartition partition = new TopicPartition(topic, 0);
        KafkaProducer<String, String> open = transactional(bootstrap, unique("open"));
        open.beginTransaction();
        try (Admin admin = admin(bootstrap); KafkaProducer<String, String> plain = producer(bootstrap, Map.of())) {
            send(plain, topic, "before");
            send(open, topic, "open");
            send(plain, topic, "behind");
            List<Long> ends = new ArrayList<>();
            for (IsolationLevel isolation : List.of(IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED))
                ends.add(admin.listOffsets(Map.of(partition, OffsetSpec.latest()),
                    new org.apache.kafka.clients.admin.ListOffsetsOptions(isolation)).partitionResult(partition).get().offset());
            open.commitTransaction();
            markers(bootstrap, topic, 4);
            return List.of(ends, read(bootstrap, topic, "read_committed", 0));
        } finally {
            open.close();
        }
    }

    /** The younger producer of a transactional id ends the older one's transaction, which can do nothing any more. */
    static Object fencing(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        String id = unique("fenced");
        KafkaProducer<String, String> older = transactional(bootstrap, id);
        older.beginTransaction();
        send(older, topic, "older");
        KafkaProducer<String, String> younger = transactional(bootstrap, id);
        younger.beginTransaction();
        send(younger, topic, "younger");
        String send = outcome(() -> send(older, topic, "too late"));
        String commit = outcome(() -> {
            older.commitTransaction();
            return "committed";
        });
        younger.commitTransaction();
        markers(bootstrap, topic, 4);
        older.close(Duration.ZERO);
        younger.close();
        return List.of(send, commit, read(bootstrap, topic, "read_committed", 0));
    }

    /** Records and the offsets they come from: both or neither. */
    static Object offsetsInTransactions(String bootstrap) throws Exception {
        String input = topic(bootstrap, 1, Map.of());
        String output = topic(bootstrap, 1, Map.of());
        try (KafkaProducer<String, String> plain = producer(bootstrap, Map.of())) {
            for (int i = 0; i < 4; i++) send(plain, input, "in" + i);
        }
        TopicPartition partition = new TopicPartition(input, 0);
        List<Object> seen = new ArrayList<>();
        try (KafkaProducer<String, String> producer = transactional(bootstrap, unique("copy"));
             KafkaConsumer<String, String> consumer = consumer(bootstrap, Map.of("group.id", unique("copy")))) {
            consumer.subscribe(List.of(input));
            until("the assignment", () -> {
                consumer.poll(Duration.ofMillis(100));
                return !consumer.assignment().isEmpty();
            });
            for (boolean commits : List.of(false, true)) {
                producer.beginTransaction();
                send(producer, output, "out" + commits);
                producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(commits ? 4 : 2, "m")), consumer.groupMetadata());
                if (commits) producer.commitTransaction(); else producer.abortTransaction();
                OffsetAndMetadata committed = consumer.committed(java.util.Set.of(partition)).get(partition);
                seen.add(committed == null ? "none" : committed.offset() + committed.metadata());
            }
        }
        markers(bootstrap, output, 4);
        seen.add(read(bootstrap, output, "read_committed", 0));
        return seen;
    }

    /** A transaction that outlasts its time is aborted by the broker, and its producer goes on only anew. */
    static Object timeOut(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        String id = unique("slow");
        try (KafkaProducer<String, String> slow = producer(bootstrap, Map.of("transactional.id", id, "transaction.timeout.ms", 1000))) {
            slow.initTransactions();
            slow.beginTransaction();
            send(slow, topic, "slow");
            markers(bootstrap, topic, 2);
            String commit = outcome(() -> {
                slow.commitTransaction();
                return "committed";
            });
            return List.of(commit, read(bootstrap, topic, "read_committed", 0));
        }
    }

    /** What an administrator sees of an open transaction, of one that ended, and of none. */
    static Object described(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        TopicPartition partition = new TopicPartition(topic, 0);
        String id = unique("seen");
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Admin admin = admin(bootstrap); KafkaProducer<String, String> producer = transactional(bootstrap, id)) {
            producer.beginTransaction();
            send(producer, topic, "open");
            var open = admin.describeTransactions(List.of(id)).description(id).get();
            seen.put("open", open.state() + " " + open.topicPartitions().equals(java.util.Set.of(partition)) + " " + open.transactionStartTimeMs().isPresent());
            var active = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0);
            seen.put("producer", (active.producerId() == open.producerId()) + " " + active.lastSequence() + " " + active.currentTransactionStartOffset().isPresent());
            seen.put("listed", admin.listTransactions().all().get().stream().filter(t -> t.transactionalId().equals(id)).map(t -> t.state().toString()).toList());
            producer.commitTransaction();
            markers(bootstrap, topic, 2);
            until("it is complete", () -> "CompleteCommit".equals(outcome(() -> admin.describeTransactions(List.of(id)).description(id).get().state())));
            var done = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0);
            seen.put("done", done.currentTransactionStartOffset().isPresent());
            seen.put("unknown", outcome(() -> admin.describeTransactions(List.of(unique("none"))).all().get()));
            seen.put("fenced", outcome(() -> admin.fenceProducers(List.of(id)).all().get()));
            producer.beginTransaction();
            seen.put("send after", outcome(() -> send(producer, topic, "late")));
            producer.close(Duration.ZERO);
        }
        return seen;
    }

    /** "bootstrap topic": leaves a transaction open, whose id this gives, until its time is over. */
    static Object leftOpen(String where) throws Exception {
        String[] words = where.split(" ");
        String id = unique("left-open");
        KafkaProducer<String, String> producer = producer(words[0], Map.of("transactional.id", id, "transaction.timeout.ms", 30000));
        producer.initTransactions();
        producer.beginTransaction();
        send(producer, words[1], "open");
        producer.close(Duration.ZERO);
        return id;
    }
}
