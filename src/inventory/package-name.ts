/**
 * The one form in which the names of an ecosystem are compared, so that what an inventory writes and
 * what an advisory writes meet: PyPI by PEP 503; NuGet and Packagist know no letter case; a Maven
 * name is `group:artifact` (also written with a slash). All others are compared as they are.
 */
export function normalName(ecosystem: string, name: string): string {
  switch (ecosystem.split(":")[0]) {
    case "PyPI":
      return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
    case "NuGet":
    case "Packagist":
      return name.toLowerCase();
    case "Maven":
      return name.includes(":") ? name : name.replace("/", ":");
    default:
      return name;
  }
}
