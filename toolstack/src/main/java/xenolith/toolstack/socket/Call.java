package xenolith.toolstack.socket;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import xenolith.toolstack.ToolException;

/**
 * A request.
 *
 * @param path its parts behind "/v1/", decoded
 * @param query what follows the question mark, or nothing
 */
record Call(Request request, String method, List<String> path, String query) {
    static Call of(Request request) {
        String raw = request.getHttpURI().getPath();
        List<String> parts =
                Arrays.stream(raw.split("/", -1))
                        .skip(1)
                        .map(p -> URLDecoder.decode(p.replace("+", "%2B"), StandardCharsets.UTF_8))
                        .toList();
        String query = request.getHttpURI().getQuery();
        return new Call(request, request.getMethod(), parts, query == null ? "" : query);
    }

    /** Whether the query says {@code name=true}. */
    boolean flag(String name) {
        return Arrays.asList(query.split("&", -1)).contains(name + "=true");
    }

    /** The method and the path with {@code *} for the part of index {@code at}. */
    String pattern(int at) {
        StringBuilder s = new StringBuilder(method);
        for (int i = 0; i < path.size(); i++) {
            s.append(i == 0 ? " " : "/").append(i == at ? "*" : path.get(i));
        }
        return s.toString();
    }

    /** The body's document; an empty body is an empty object. */
    Map<String, Object> json() throws ToolException {
        try {
            String text = Content.Source.asString(request, StandardCharsets.UTF_8);
            return text.isBlank() ? Map.of() : JSON.std.mapFrom(text);
        } catch (IOException e) {
            throw new ToolException("The request is not a JSON object: " + e.getMessage(), e);
        }
    }

    /** The body's bytes as they come. */
    InputStream bytes() {
        return Content.Source.asInputStream(request);
    }

    /** A text in {@code json}. */
    static String text(Map<String, Object> json, String name) throws ToolException {
        if (json.get(name) instanceof String s) {
            return s;
        }
        throw new ToolException("The request must have a string '" + name + "'.");
    }

    /** A number in {@code json}, from {@code least} to {@code most}. */
    static long number(Map<String, Object> json, String name, long least, long most)
            throws ToolException {
        if (json.get(name) instanceof Number n && n.longValue() >= least && n.longValue() <= most) {
            return n.longValue();
        }
        throw new ToolException(
                "The request must have a number '"
                        + name
                        + "' from "
                        + least
                        + " to "
                        + most
                        + ".");
    }
}
