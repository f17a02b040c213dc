package interop;

import static interop.Clients.admin;
import static interop.Clients.consumer;
import static interop.Clients.outcome;
import static interop.Clients.producer;
import static interop.Clients.send;
import static interop.Clients.topic;
import static interop.Clients.unique;
import static interop.Clients.until;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

final class Groups {
    /** A member of a group, polled by whoever waits for something. */
    private static final class Member implements ConsumerRebalanceListener {
        final KafkaConsumer<String, String> consumer;
        int assignedCount;
        int revokedCount;

        Member(String bootstrap, String topic, Map<String, Object> more) {
            Map<String, Object> settings = new HashMap<>(Map.of("session.timeout.ms", 10000, "heartbeat.interval.ms", 200));
            settings.putAll(more);
            consumer = consumer(bootstrap, settings);
            consumer.subscribe(List.of(topic), this);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            revokedCount += partitions.size();
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assignedCount++;
        }

        void poll() {
            consumer.poll(Duration.ofMillis(50));
        }
    }

    private static List<Integer> sizes(List<Member> members) {
        return members.stream().map(member -> member.consumer.assignment().size()).sorted().toList();
    }

    private static void settle(List<Member> members, List<Integer> sizes) {
        until("assignments of " + sizes, () -> {
            members.forEach(Member::poll);
            Set<TopicPartition> all = new HashSet<>();
            members.forEach(member -> all.addAll(member.consumer.assignment()));
            return sizes(members).equals(sizes) && all.size() == sizes.stream().mapToInt(n -> n).sum();
        });
    }

    /** One, three, then two members share six partitions. */
    static Object rebalances(String bootstrap) throws Exception {
        Map<String, Object> seen = new LinkedHashMap<>();
        for (String assignor : List.of("RangeAssignor", "CooperativeStickyAssignor")) {
            String topic = topic(bootstrap, 6, Map.of());
            Map<String, Object> group = Map.of("group.id", unique("group"), "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor);
            List<Member> members = new ArrayList<>(List.of(new Member(bootstrap, topic, group)));
            settle(members, List.of(6));
            members.add(new Member(bootstrap, topic, group));
            members.add(new Member(bootstrap, topic, group));
            settle(members, List.of(2, 2, 2));
            members.remove(1).consumer.close();
            settle(members, List.of(3, 3));
            seen.put(assignor, members.get(0).revokedCount > 0);
            members.forEach(member -> member.consumer.close());
        }
        return seen;
    }

    /** A static member comes back without a rebalance, and of two with one name the older is out. */
    static Object staticMembers(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 2, Map.of());
        String group = unique("static");
        Member other = new Member(bootstrap, topic, Map.of("group.id", group, "group.instance.id", "other"));
        Member first = new Member(bootstrap, topic, Map.of("group.id", group, "group.instance.id", "one"));
        settle(List.of(other, first), List.of(1, 1));
        Set<TopicPartition> had = first.consumer.assignment();
        int rebalances = other.assignedCount;
        first.consumer.close();
        Member again = new Member(bootstrap, topic, Map.of("group.id", group, "group.instance.id", "one"));
        settle(List.of(other, again), List.of(1, 1));
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("same partitions", again.consumer.assignment().equals(had));
        seen.put("rebalances of the other", other.assignedCount - rebalances);
        Member twin = new Member(bootstrap, topic, Map.of("group.id", group, "group.instance.id", "one"));
        settle(List.of(other, twin), List.of(1, 1));
        seen.put("the older twin", outcome(() -> {
            until("it is told", () -> {
                again.poll();
                return false;
            });
            return "goes on";
        }));
        again.consumer.close();
        try (Admin admin = admin(bootstrap)) {
            seen.put("removed", outcome(() -> admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("one")))).all().get()));
            seen.put("unknown member", outcome(() -> admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("nobody")))).all().get()));
        }
        settle(List.of(other), List.of(2));
        twin.consumer.close();
        other.consumer.close();
        return seen;
    }

    /** Where a position may be. */
    static Object positions(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of("retention.ms", "-1"));
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = producer(bootstrap, Map.of())) {
            for (int i = 0; i < 10; i++)
                producer.send(new org.apache.kafka.clients.producer.ProducerRecord<>(topic, 0, i == 5 ? 9_000L : 1_000L * i, "k", "v" + i)).get();
        }
        Map<String, Object> seen = new LinkedHashMap<>();
        try (KafkaConsumer<String, String> strict = consumer(bootstrap, Map.of("auto.offset.reset", "none"));
             Admin admin = admin(bootstrap)) {
            strict.assign(List.of(partition));
            for (long offset : List.of(10L, 11L)) {
                strict.seek(partition, offset);
                seen.put("strict at " + offset, outcome(() -> strict.poll(Duration.ofSeconds(1)).count()));
            }
            for (long time : List.of(0L, 4_500L, 5_500L, 9_001L)) {
                var found = strict.offsetsForTimes(Map.of(partition, time)).get(partition);
                seen.put("time " + time, found == null ? "none" : found.offset() + " " + found.timestamp());
            }
            var max = admin.listOffsets(Map.of(partition, org.apache.kafka.clients.admin.OffsetSpec.maxTimestamp())).partitionResult(partition).get();
            seen.put("max timestamp", max.offset() + " " + max.timestamp());
            seen.put("deleted to", admin.deleteRecords(Map.of(partition, org.apache.kafka.clients.admin.RecordsToDelete.beforeOffset(4))).lowWatermarks().get(partition).get().lowWatermark());
            seen.put("deleted beyond", outcome(() -> admin.deleteRecords(Map.of(partition, org.apache.kafka.clients.admin.RecordsToDelete.beforeOffset(11))).all().get()));
            seen.put("begins", strict.beginningOffsets(List.of(partition)).get(partition));
            strict.seek(partition, 3);
            seen.put("strict at 3", outcome(() -> strict.poll(Duration.ofSeconds(1)).count()));
        }
        for (String reset : List.of("earliest", "latest")) {
            try (KafkaConsumer<String, String> lenient = consumer(bootstrap, Map.of("auto.offset.reset", reset))) {
                lenient.assign(List.of(partition));
                lenient.seek(partition, 2);
                until("a new position", () -> {
                    lenient.poll(Duration.ofMillis(100));
                    return lenient.position(partition) == 10;
                });
                seen.put(reset, lenient.position(partition));
            }
        }
        return seen;
    }

    /** Offsets as a group keeps them, and what an administrator may do to them and to the group. */
    static Object administration(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 2, Map.of());
        String group = unique("seen");
        TopicPartition partition = new TopicPartition(topic, 0);
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Admin admin = admin(bootstrap); var producer = producer(bootstrap, Map.of())) {
            send(producer, topic, "one");
            Member member = new Member(bootstrap, topic, Map.of("group.id", group, "client.id", "me"));
            settle(List.of(member), List.of(2));
            member.consumer.commitSync(Map.of(partition, new OffsetAndMetadata(1, "note")));
            var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
            seen.put("state", described.groupState() + " " + described.partitionAssignor() + " " + described.coordinator().id() + " " + described.members().size());
            var one = described.members().iterator().next();
            seen.put("member", one.clientId() + " " + one.host() + " " + one.assignment().topicPartitions().size() + " " + one.consumerId().startsWith("me-"));
            seen.put("offsets", offsets(admin, group));
            seen.put("deleted while it is used", outcome(() -> admin.deleteConsumerGroups(List.of(group)).all().get()));
            seen.put("altered while it is used", outcome(() -> admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(0))).all().get()));
            seen.put("offset deleted while it is used", outcome(() -> admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get()));
            member.consumer.close();
            seen.put("state after", admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState().toString());
            seen.put("altered", outcome(() -> admin.alterConsumerGroupOffsets(group, Map.of(new TopicPartition(topic, 1), new OffsetAndMetadata(5))).all().get()));
            seen.put("of an unknown topic", outcome(() -> admin.alterConsumerGroupOffsets(group, Map.of(new TopicPartition("missing", 1), new OffsetAndMetadata(5))).all().get()));
            seen.put("both offsets", offsets(admin, group));
            seen.put("one deleted", outcome(() -> admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get()));
            seen.put("what is left", offsets(admin, group));
            seen.put("listed", admin.listGroups().all().get().stream().anyMatch(listed -> listed.groupId().equals(group)));
            seen.put("deleted", outcome(() -> admin.deleteConsumerGroups(List.of(group)).all().get()));
            seen.put("deleted again", outcome(() -> admin.deleteConsumerGroups(List.of(group)).all().get()));
            seen.put("listed after", admin.listGroups().all().get().stream().anyMatch(listed -> listed.groupId().equals(group)));
            seen.put("offsets after", offsets(admin, group));
        }
        return seen;
    }

    private static Object offsets(Admin admin, String group) throws Exception {
        Map<Integer, String> offsets = new java.util.TreeMap<>();
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().forEach((partition, offset) -> offsets.put(partition.partition(), offset.offset() + offset.metadata()));
        return offsets.toString();
    }

    /** Who was silent for too long is no member any more. */
    static Object expired(String bootstrap) throws Exception {
        String topic = topic(bootstrap, 1, Map.of());
        Map<String, Object> group = Map.of("group.id", unique("expired"), "max.poll.interval.ms", 6100, "session.timeout.ms", 6000);
        Member slow = new Member(bootstrap, topic, group);
        settle(List.of(slow), List.of(1));
        Member next = new Member(bootstrap, topic, group);
        until("the next has the partition", () -> {
            next.poll();
            return !next.consumer.assignment().isEmpty();
        });
        String commit = outcome(() -> {
            slow.consumer.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0)));
            return "committed";
        });
        slow.consumer.close();
        next.consumer.close();
        return commit;
    }
}
