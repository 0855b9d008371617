package xenolith.machine.engine;

import java.util.ArrayList;
import java.util.List;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.TimeStampCounter;

/** What RDTSC read in one run, to be read again in another. */
final class TimeTape implements TimeStampCounter {
    private TimeStampCounter source;
    private final List<Reading> readings = new ArrayList<>();
    private int next;
    private boolean playing;
    private boolean differs;

    private record Reading(long retired, long value) {}

    TimeTape(TimeStampCounter source) {
        this.source = source;
    }

    /** Forgets all, and records what {@code newSource} says. */
    void record(TimeStampCounter newSource) {
        source = newSource;
        readings.clear();
        playing = false;
        differs = false;
    }

    /** From now on the same values are read again. */
    void play() {
        next = 0;
        playing = true;
    }

    /** Whether both runs read as often, and at the same counts of instructions. */
    boolean agrees() {
        return !differs && next == readings.size();
    }

    @Override
    public long read(Cpu cpu) {
        if (!playing) {
            long value = source.read(cpu);
            readings.add(new Reading(cpu.retired, value));
            return value;
        }
        if (next == readings.size()) {
            differs = true;
            return source.read(cpu);
        }
        Reading reading = readings.get(next++);
        differs |= reading.retired != cpu.retired;
        return reading.value;
    }
}
