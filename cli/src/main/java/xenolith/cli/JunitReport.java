package xenolith.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import xenolith.toolstack.ToolException;

/** Writes results in the XML form that JUnit's tools read. */
final class JunitReport {
    private JunitReport() {}

    static void write(Path file, List<TestCommand.Result> results) throws ToolException {
        try (Writer out = Files.newBufferedWriter(file)) {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(out);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeStartElement("testsuite");
            xml.writeAttribute("name", "xenolith");
            xml.writeAttribute("tests", Integer.toString(results.size()));
            xml.writeAttribute("skipped", count(results, Verdict.SKIP));
            xml.writeAttribute("failures", count(results, Verdict.FAILURE));
            long errors =
                    results.stream()
                            .map(TestCommand.Result::verdict)
                            .filter(v -> v == Verdict.ERROR || v == Verdict.CRASH)
                            .count();
            xml.writeAttribute("errors", Long.toString(errors));
            for (TestCommand.Result r : results) {
                write(xml, r);
            }
            xml.writeEndElement();
            xml.writeEndDocument();
            xml.close();
        } catch (IOException | XMLStreamException e) {
            throw new ToolException("The report " + file + " cannot be written.", e);
        }
    }

    private static String count(List<TestCommand.Result> results, Verdict verdict) {
        return Long.toString(results.stream().filter(r -> r.verdict() == verdict).count());
    }

    private static void write(XMLStreamWriter xml, TestCommand.Result r) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("name", r.name());
        xml.writeAttribute("time", String.format(Locale.ROOT, "%.3f", r.seconds()));
        String element =
                switch (r.verdict()) {
                    case SUCCESS -> "";
                    case SKIP -> "skipped";
                    case FAILURE -> "failure";
                    case ERROR, CRASH -> "error";
                };
        if (!element.isEmpty()) {
            xml.writeEmptyElement(element);
            xml.writeAttribute(
                    "message", printable(r.why().isEmpty() ? r.verdict().name() : r.why()));
        }
        xml.writeStartElement("system-out");
        xml.writeCharacters(printable(r.console()));
        xml.writeEndElement();
        xml.writeEndElement();
    }

    /** Without what XML cannot hold, such as a guest's escape sequences. */
    private static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .filter(c -> c != '\r')
                .map(c ->
                        c >= ' ' && c < 0xd800
                                        || c == '\n'
                                        || c == '\t'
                                        || c >= 0xe000 && c < 0xfffe
                                ? c
                                : '?')
                .forEach(out::appendCodePoint);
        return out.toString();
    }
}
