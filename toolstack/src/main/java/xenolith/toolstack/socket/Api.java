package xenolith.toolstack.socket;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.console.ConsoleHistory;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.Host;

/** Answers requests. Each runs on a virtual thread of its own and may wait. */
final class Api extends Handler.Abstract {
    private static final String JSON_TYPE = "application/json";

    private final HostCalls host;
    private final DomainCalls domains;

    Api(Host host, BootLoader bootLoader, Runnable stop) {
        this.host = new HostCalls(host, stop);
        this.domains = new DomainCalls(host, bootLoader);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Answer answer;
        try {
            answer = answer(Call.of(request));
        } catch (ToolException | ControlException e) {
            answer = Answer.error(409, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer = Answer.error(503, "The host ends.");
        } catch (IOException e) {
            callback.failed(e); // the client has gone
            return true;
        } catch (RuntimeException e) {
            answer = Answer.error(500, "This is a defect of Xenolith, please report it: " + e);
        }
        send(answer, response, callback);
        return true;
    }

    private Answer answer(Call call)
            throws ToolException, ControlException, InterruptedException, IOException {
        if (call.path().size() < 2 || !call.path().get(0).equals("v1")) {
            return Answer.error(404, "There is only /v1/host and /v1/domains.");
        }
        return switch (call.path().get(1)) {
            case "host" -> host.answer(call);
            case "domains" -> domains.answer(call);
            default -> Answer.error(404, "There is only /v1/host and /v1/domains.");
        };
    }

    private static void send(Answer answer, Response response, Callback callback) {
        switch (answer) {
            case Answer.Document d -> {
                response.setStatus(d.status());
                text(response, JSON_TYPE, d.text() + "\n", callback);
            }
            case Answer.Text t -> text(response, t.type(), t.text(), callback);
            case Answer.Follow f -> follow(f, response, callback);
        }
    }

    private static void text(Response response, String type, String text, Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        Content.Sink.write(response, true, text, callback);
    }

    private static void follow(Answer.Follow follow, Response response, Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/octet-stream");
        ConsoleHistory history = follow.console().history();
        byte[] buffer = new byte[1 << 14];
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            long at = follow.fromStart() ? history.oldest() : history.end();
            out.flush();
            for (int n; (n = history.read(at, buffer)) >= 0; ) {
                at = Math.max(at, history.oldest()) + n;
                out.write(buffer, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            callback.failed(e); // the client has gone: nothing else is touched
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            callback.failed(e);
            return;
        }
        callback.succeeded();
    }

    /** An object of one member. */
    static Map<String, Object> object(String name, Object value) {
        return Map.of(name, value);
    }
}
