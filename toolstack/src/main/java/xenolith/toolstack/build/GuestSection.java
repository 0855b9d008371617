package xenolith.toolstack.build;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;

/** The old form of the notes: the text of section {@code __xen_guest}, NAME=VALUE with commas. */
final class GuestSection {
    private final Map<String, String> values = new HashMap<>();

    GuestSection(String text) {
        int at = 0;
        while (at <= text.length()) {
            int comma = text.indexOf(',', at);
            String setting = text.substring(at, comma < 0 ? text.length() : comma).strip();
            int equals = setting.indexOf('=');
            if (equals > 0) {
                values.put(setting.substring(0, equals), setting.substring(equals + 1));
            } else if (!setting.isEmpty()) {
                values.put(setting, "");
            }
            if (comma < 0) {
                break;
            }
            at = comma + 1;
        }
    }

    XenNotes notes(long elfEntry, Abi abi) {
        Long base = number("VIRT_BASE");
        Long entry = number("VIRT_ENTRY");
        Long page = number("HYPERCALL_PAGE");
        Long offset = number("ELF_PADDR_OFFSET");
        long virtBase = base == null ? 0 : base;
        return new XenNotes(
                entry == null ? elfEntry : entry,
                page == null ? null : Long.valueOf(virtBase + (page << 12)),
                virtBase,
                offset == null ? virtBase : offset,
                null,
                false,
                text("FEATURES"),
                text("XEN_VER"),
                text("LOADER"),
                text("GUEST_OS"),
                values.containsKey("BSD_SYMTAB"),
                false,
                abi,
                Pae.ofSection(text("PAE")));
    }

    private String text(String key) {
        return values.getOrDefault(key, "");
    }

    private @Nullable Long number(String key) {
        String text = values.get(key);
        if (text == null) {
            return null;
        }
        String digits = text.toLowerCase(Locale.ROOT);
        try {
            return digits.startsWith("0x")
                    ? Long.parseUnsignedLong(digits.substring(2), 16)
                    : Long.parseUnsignedLong(digits);
        } catch (NumberFormatException e) {
            return 0L;
        }
    }
}
