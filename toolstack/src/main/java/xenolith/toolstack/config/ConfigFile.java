package xenolith.toolstack.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A parsed configuration file in xl.cfg's syntax (xl.cfg(5)): settings {@code NAME=VALUE} and
 * {@code NAME+=VALUE}, one to a line or parted by semicolons. Of two settings of one name the later
 * holds.
 *
 * @param name the file's name, as messages show it
 * @param settings in the order of the file
 */
public record ConfigFile(String name, Map<String, Setting> settings) {
    /** A setting: the place of its name, and its value. */
    public record Setting(Position at, String key, Value value) {}

    public ConfigFile {
        settings = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** Reads and parses {@code path}. */
    public static ConfigFile read(Path path) throws ConfigException {
        try {
            return parse(path.toString(), Files.readString(path));
        } catch (NoSuchFileException e) {
            throw new ConfigException(path + ": there is no such file.");
        } catch (CharacterCodingException e) {
            throw new ConfigException(
                    path + ": this is not a text file in UTF-8; is it really a configuration?");
        } catch (IOException e) {
            throw new ConfigException(
                    path
                            + ": the file cannot be read ("
                            + (Files.isDirectory(path) ? "it is a folder" : e.getMessage())
                            + ").");
        }
    }

    /** Parses {@code source}; {@code name} is for messages. */
    public static ConfigFile parse(String name, String source) throws ConfigException {
        return new ConfigFile(name, new Parser(new Lexer(name, source)).file());
    }
}
