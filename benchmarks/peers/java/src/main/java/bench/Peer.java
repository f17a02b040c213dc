package bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/** The jobs on Kafka Streams, tuned as its users do: JSON by Jackson on plain classes, no cache, so that each input has its output. */
public final class Peer {
  public static final class Transaction {
    public String txnId, cardId, merchantId, currency, country;
    public double amount;
    public long timestamp;
  }

  public static final class Large {
    public String txnId, cardId;
    public long amountCents;
  }

  public static final class Spent {
    long count, sumCents;
  }

  public static final class PerMinute {
    public String cardId;
    public long windowStart, count, sumCents;
  }

  static final ObjectMapper MAPPER = new ObjectMapper();
  static boolean isFirst = true;

  interface Action<T> {
    T run() throws Exception;
  }

  static <T> T unchecked(Action<T> action) {
    try {
      return action.run();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  static <T> Serde<T> json(Class<T> type) {
    ObjectReader reader = MAPPER.readerFor(type);
    ObjectWriter writer = MAPPER.writerFor(type);
    return Serdes.serdeFrom(
        (topic, value) -> value == null ? null : unchecked(() -> writer.writeValueAsBytes(value)),
        (topic, bytes) -> bytes == null ? null : unchecked(() -> reader.readValue(bytes)));
  }

  /** One stream thread decodes: no lock. */
  static Serde<Transaction> announced(Serde<Transaction> serde) {
    return Serdes.serdeFrom(serde.serializer(), (topic, bytes) -> {
      if (isFirst) {
        System.out.println("FIRST");
        isFirst = false;
      }
      return serde.deserializer().deserialize(topic, bytes);
    });
  }

  static final Serde<Spent> SPENT = Serdes.serdeFrom(
      (topic, spent) -> spent == null ? null : ByteBuffer.allocate(16).putLong(spent.count).putLong(spent.sumCents).array(),
      (topic, bytes) -> {
        if (bytes == null) return null;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Spent spent = new Spent();
        spent.count = buffer.getLong();
        spent.sumCents = buffer.getLong();
        return spent;
      });

  static long cents(double amount) {
    return Math.round(amount * 100);
  }

  static Large large(Transaction t) {
    Large large = new Large();
    large.txnId = t.txnId;
    large.cardId = t.cardId;
    large.amountCents = cents(t.amount);
    return large;
  }

  static Spent plus(Spent before, Transaction t) {
    Spent after = new Spent();
    after.count = before.count + 1;
    after.sumCents = before.sumCents + cents(t.amount);
    return after;
  }

  static PerMinute perMinute(String cardId, long windowStart, Spent spent) {
    PerMinute result = new PerMinute();
    result.cardId = cardId;
    result.windowStart = windowStart;
    result.count = spent.count;
    result.sumCents = spent.sumCents;
    return result;
  }

  static Topology topology(String job, Properties config) {
    var builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
    var keys = Serdes.String();
    var transactions = json(Transaction.class);
    var stream = builder.stream(env("INPUT"), Consumed.with(keys, announced(transactions)));
    if (job.equals("J1")) {
      stream.filter((key, t) -> t.amount > 100).mapValues(Peer::large).to(env("OUTPUT"), Produced.with(keys, json(Large.class)));
    } else {
      stream
          .groupByKey(Grouped.with(keys, transactions))
          .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(1), Duration.ofSeconds(10)))
          .aggregate(Spent::new, (key, t, spent) -> plus(spent, t), Materialized.with(keys, SPENT))
          .toStream()
          .map((key, spent) -> KeyValue.pair(key.key(), perMinute(key.key(), key.window().start(), spent)))
          .to(env("OUTPUT"), Produced.with(keys, json(PerMinute.class)));
    }
    return builder.build(config);
  }

  static String env(String name) {
    return System.getenv(name);
  }

  /** Buffer, batch and poll sizes as for the measured best; linger is Kafka Streams' own default. */
  static Properties config() {
    Properties config = new Properties();
    config.put("application.id", env("GROUP"));
    config.put("bootstrap.servers", env("BROKERS"));
    config.put("state.dir", env("STATE_DIR"));
    config.put("num.stream.threads", "1");
    config.put("commit.interval.ms", "1000");
    config.put("statestore.cache.max.bytes", "0");
    config.put("topology.optimization", "all");
    config.put("dsl.store.suppliers.class", BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
    config.put("producer.linger.ms", "100");
    config.put("producer.batch.size", "131072");
    config.put("producer.compression.type", "lz4");
    config.put("consumer.auto.offset.reset", "earliest");
    config.put("consumer.max.poll.records", "1000");
    config.put("replication.factor", "1");
    return config;
  }

  public static void main(String[] args) throws Exception {
    Properties config = config();
    var streams = new KafkaStreams(topology(env("JOB"), config), config);
    var stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      streams.close(Duration.ofSeconds(20));
      stopped.countDown();
    }));
    streams.start();
    stopped.await();
  }
}
