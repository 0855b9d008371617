package xenolith.house;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the floors of the house: who may use whom, and no cycles among the rooms of a floor. */
class FloorsTest {
    private static final JavaClasses HOUSE =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("xenolith");

    @Test
    void aFloorUsesOnlyFloorsBelowIt() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("abi")
                .definedBy("xenolith.abi..")
                .layer("machine")
                .definedBy("xenolith.machine..")
                .layer("hypervisor")
                .definedBy("xenolith.hypervisor..")
                .layer("toolstack")
                .definedBy("xenolith.toolstack..")
                .layer("testkit")
                .definedBy("xenolith.testkit..")
                .layer("cli")
                .definedBy("xenolith.cli..")
                .whereLayer("machine")
                .mayOnlyBeAccessedByLayers("hypervisor", "toolstack", "testkit", "cli")
                .whereLayer("hypervisor")
                .mayOnlyBeAccessedByLayers("toolstack", "testkit", "cli")
                .whereLayer("toolstack")
                .mayOnlyBeAccessedByLayers("testkit", "cli")
                .whereLayer("testkit")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .check(HOUSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abi", "machine", "hypervisor", "toolstack", "testkit"})
    void theRoomsOfAFloorHaveNoCycles(String floor) {
        slices().matching("xenolith." + floor + ".(**)").should().beFreeOfCycles().check(HOUSE);
    }
}
