import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/** Reads lines `Class version {json}` and prints what Kafka's own classes write for them, in hex. Then all error codes. */
public class WriteMessages {
  public static void main(String[] args) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split(" ", 3);
      short version = Short.parseShort(parts[1]);
      Class<?> converter = Class.forName("org.apache.kafka.common.message." + parts[0] + "JsonConverter");
      Message message =
          (Message) converter.getMethod("read", JsonNode.class, short.class).invoke(null, mapper.readTree(parts[2]), version);
      ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
      System.out.println(HexFormat.of().formatHex(bytes.array(), 0, bytes.limit()));
    }
    for (Errors error : Errors.values())
      System.out.println(error.code() + " " + error.name() + " " + (error.exception() instanceof RetriableException));
  }
}
