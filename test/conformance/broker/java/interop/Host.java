package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * One JVM for many programs, as starting one takes longer than most of them. A line of JSON in, a line of JSON out:
 * {"main": class, "args": [...], "stdin": text} runs a program as its command line would, and
 * {"check": "Class.method", "bootstrap": address} calls one of ours, which gives what it saw.
 */
public final class Host {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Instead of the end of the JVM. */
    private static final class Ended extends RuntimeException {
    }

    /** What a program wanted to end with first: some catch what this throws, and end again. */
    private static Integer status;
    private static final List<Runnable> hooks = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Exit.setExitProcedure((wanted, message) -> {
            if (message != null) System.err.println(message);
            if (status == null) status = wanted;
            throw new Ended();
        });
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            JsonNode request = JSON.readTree(line);
            answers.println(JSON.writeValueAsString(request.has("check") ? check(request) : run(request)));
            answers.flush();
        }
        Runtime.getRuntime().halt(0);
    }

    private static Map<String, Object> check(JsonNode request) {
        Map<String, Object> answer = new LinkedHashMap<>();
        try {
            String[] name = request.get("check").asText().split("\\.");
            var method = Class.forName("interop." + name[0]).getDeclaredMethod(name[1], String.class);
            answer.put("saw", method.invoke(null, request.get("bootstrap").asText()));
        } catch (InvocationTargetException e) {
            answer.put("failure", trace(e.getCause()));
        } catch (ReflectiveOperationException e) {
            answer.put("failure", trace(e));
        }
        return answer;
    }

    private static Map<String, Object> run(JsonNode request) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream before = System.out;
        PrintStream beforeErr = System.err;
        System.setIn(new ByteArrayInputStream(request.path("stdin").asText("").getBytes(StandardCharsets.UTF_8)));
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        status = null;
        try {
            String[] args = JSON.convertValue(request.get("args"), String[].class);
            Class.forName(request.get("main").asText()).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            if (status == null) status = 1;
            if (!(e.getCause() instanceof Ended)) System.err.println(trace(e.getCause()));
        } catch (ReflectiveOperationException e) {
            status = 1;
            System.err.println(trace(e));
        } finally {
            // What the end of a JVM of its own would do; the console producer sends what it still holds.
            hooks.forEach(Runnable::run);
            hooks.clear();
            System.setOut(before);
            System.setErr(beforeErr);
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("status", status == null ? 0 : status);
        answer.put("out", out.toString(StandardCharsets.UTF_8));
        answer.put("err", err.toString(StandardCharsets.UTF_8));
        return answer;
    }

    private static String trace(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
