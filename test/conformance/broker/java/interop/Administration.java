package interop;

import static interop.Clients.admin;
import static interop.Clients.outcome;
import static interop.Clients.settled;
import static interop.Clients.topic;
import static interop.Clients.unique;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;

final class Administration {
    static Object topics(String bootstrap) throws Exception {
        String name = unique("made");
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Admin admin = admin(bootstrap)) {
            var cluster = admin.describeCluster();
            seen.put("cluster", cluster.nodes().get().size() + " " + cluster.controller().get().id() + " " + !cluster.clusterId().get().isEmpty());
            var made = admin.createTopics(List.of(new NewTopic(name, Optional.empty(), Optional.empty())));
            seen.put("made", outcome(() -> made.numPartitions(name).get() + " " + made.replicationFactor(name).get()));
            seen.put("made again", create(admin, new NewTopic(name, 1, (short) 1)));
            seen.put("bad name", create(admin, new NewTopic("a b", 1, (short) 1)));
            seen.put("no partitions", create(admin, new NewTopic(unique("t"), 0, (short) 1)));
            seen.put("three replicas", create(admin, new NewTopic(unique("t"), 1, (short) 3)));
            seen.put("unknown config", create(admin, new NewTopic(unique("t"), 1, (short) 1).configs(Map.of("no.such.config", "1"))));
            seen.put("bad config", create(admin, new NewTopic(unique("t"), 1, (short) 1).configs(Map.of("retention.ms", "soon"))));
            String checked = unique("checked");
            seen.put("only checked", outcome(() -> admin.createTopics(List.of(new NewTopic(checked, 1, (short) 1)), new org.apache.kafka.clients.admin.CreateTopicsOptions().validateOnly(true)).all().get()));
            seen.put("described, only checked", outcome(() -> admin.describeTopics(List.of(checked)).allTopicNames().get()));
            seen.put("more partitions", outcome(() -> admin.createPartitions(Map.of(name, NewPartitions.increaseTo(3))).all().get()));
            seen.put("fewer partitions", outcome(() -> admin.createPartitions(Map.of(name, NewPartitions.increaseTo(2))).all().get()));
            seen.put("as many partitions", outcome(() -> admin.createPartitions(Map.of(name, NewPartitions.increaseTo(3))).all().get()));
            seen.put("partitions of a missing topic", outcome(() -> admin.createPartitions(Map.of("missing", NewPartitions.increaseTo(3))).all().get()));
            seen.put("described", settled("3 false 1 1", () -> {
                var described = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
                return described.partitions().size() + " " + described.isInternal() + " " + described.partitions().get(2).leader().id() + " " + described.partitions().get(2).isr().size();
            }));
            seen.put("listed", admin.listTopics().names().get().contains(name));
            seen.put("log folders", settled("3", () -> admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1).values().stream().flatMap(dir -> dir.replicaInfos().keySet().stream()).filter(p -> p.topic().equals(name)).count()));
            seen.put("deleted", outcome(() -> admin.deleteTopics(List.of(name)).all().get()));
            seen.put("deleted again", outcome(() -> admin.deleteTopics(List.of(name)).all().get()));
            seen.put("described after", settled("UnknownTopicOrPartitionException", () -> admin.describeTopics(List.of(name)).allTopicNames().get()));
        }
        return seen;
    }

    private static String create(Admin admin, NewTopic topic) {
        return outcome(() -> admin.createTopics(List.of(topic)).all().get());
    }

    static Object configs(String bootstrap) throws Exception {
        String name = topic(bootstrap, 1, Map.of("retention.ms", "1000", "cleanup.policy", "delete"));
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Admin admin = admin(bootstrap)) {
            seen.put("as it was made", settled("1000 DYNAMIC_TOPIC_CONFIG false", () -> shown(admin, resource, "retention.ms")));
            seen.put("a default", shown(admin, resource, "segment.bytes"));
            seen.put("set", alter(admin, resource, "retention.ms", "2000", AlterConfigOp.OpType.SET));
            seen.put("as it was set", settled("2000 DYNAMIC_TOPIC_CONFIG false", () -> shown(admin, resource, "retention.ms")));
            seen.put("appended", alter(admin, resource, "cleanup.policy", "compact", AlterConfigOp.OpType.APPEND));
            String both = "2000 DYNAMIC_TOPIC_CONFIG false, delete,compact DYNAMIC_TOPIC_CONFIG false";
            seen.put("both", settled(both, () -> shown(admin, resource, "retention.ms") + ", " + shown(admin, resource, "cleanup.policy")));
            seen.put("subtracted", alter(admin, resource, "cleanup.policy", "delete", AlterConfigOp.OpType.SUBTRACT));
            seen.put("deleted", alter(admin, resource, "retention.ms", "", AlterConfigOp.OpType.DELETE));
            String after = "604800000 DEFAULT_CONFIG false, compact DYNAMIC_TOPIC_CONFIG false";
            seen.put("after", settled(after, () -> shown(admin, resource, "retention.ms") + ", " + shown(admin, resource, "cleanup.policy")));
            seen.put("a bad value", alter(admin, resource, "retention.ms", "soon", AlterConfigOp.OpType.SET));
            seen.put("a bad name", alter(admin, resource, "no.such.config", "1", AlterConfigOp.OpType.SET));
            seen.put("appended to a number", alter(admin, resource, "retention.ms", "1", AlterConfigOp.OpType.APPEND));
            ConfigResource missing = new ConfigResource(ConfigResource.Type.TOPIC, unique("missing"));
            seen.put("of a missing topic", outcome(() -> admin.describeConfigs(List.of(missing)).all().get()));
            seen.put("set of a missing topic", alter(admin, missing, "retention.ms", "1", AlterConfigOp.OpType.SET));
        }
        return seen;
    }

    static Object configNames(String bootstrap) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic(bootstrap, 1, Map.of()));
        try (Admin admin = admin(bootstrap)) {
            return described(admin, resource).entries().stream().map(entry -> entry.name() + " " + entry.type()).sorted().toList();
        }
    }

    private static Config described(Admin admin, ConfigResource resource) throws Exception {
        return admin.describeConfigs(List.of(resource)).all().get().get(resource);
    }

    private static String shown(Admin admin, ConfigResource resource, String name) throws Exception {
        ConfigEntry entry = described(admin, resource).get(name);
        return entry.value() + " " + entry.source() + " " + entry.isReadOnly();
    }

    private static String alter(Admin admin, ConfigResource resource, String name, String value, AlterConfigOp.OpType operation) {
        var alteration = new AlterConfigOp(new ConfigEntry(name, value), operation);
        return outcome(() -> admin.incrementalAlterConfigs(Map.of(resource, List.of(alteration))).all().get());
    }

    /** What is not there says so in Kafka's own way. */
    static Object missing(String bootstrap) throws Exception {
        Map<String, Object> seen = new LinkedHashMap<>();
        try (Admin admin = admin(bootstrap)) {
            seen.put("topic", outcome(() -> admin.describeTopics(List.of("missing")).allTopicNames().get()));
            seen.put("group", outcome(() -> admin.describeConsumerGroups(List.of("missing")).all().get()));
            seen.put("offsets of a group", outcome(() -> admin.listConsumerGroupOffsets("missing").partitionsToOffsetAndMetadata().get()));
        }
        return seen;
    }
}
