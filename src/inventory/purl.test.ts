import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPurl, formatPurl, parsePurl } from "./purl.ts";

function canonical(text: string): string | null {
  const { purl } = parsePurl(text);
  return purl === null ? null : formatPurl(purl);
}

describe("a package URL", () => {
  it.each([
    ["pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie", null],
    ["pkg:docker/cassandra@sha256:244fd47e07d1004f0aed9c", null],
    ["pkg:gem/jruby-launcher@1.1.2?platform=java", null],
    ["pkg:generic/openssl@1.1.10g?checksum=sha1:ad95%2Csha256:41bf", null],
    ["pkg:golang/google.golang.org/genproto#googleapis/api/annotations", null],
    ["pkg:maven/org.apache.commons/io@1.3.4?classifier=dist&type=zip", null],
    ["pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386", null],
    ["pkg:git/codeberg.org/forgejo/forgejo@a72d2c07", null],
    ["pkg:npm/@angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"],
    ["pkg:npm/@angular/cli", "pkg:npm/%40angular/cli"],
    ["PKG:PYPI/Django_package@1.11.1.DEV1", "pkg:pypi/django-package@1.11.1.dev1"],
    ["pkg:github/Package-url/Purl-Spec@244FD", "pkg:github/package-url/purl-spec@244FD"],
    ["pkg:bitbucket/birKenfeld/pyGments-main@2", "pkg:bitbucket/birkenfeld/pygments-main@2"],
    ["pkg:golang/GitHub.com/Pkg/Errors@v0.9", "pkg:golang/github.com/pkg/errors@v0.9"],
    ["pkg:composer/Laravel/Framework@5.5", "pkg:composer/laravel/framework@5.5"],
    ["pkg:huggingface/Microsoft/DeBERTa@559062AD", "pkg:huggingface/Microsoft/DeBERTa@559062ad"],
    ["pkg:pub/Flutter-Downloader@1.0.0", "pkg:pub/flutter_downloader@1.0.0"],
    ["pkg:cargo/Rand@0.7.2", "pkg:cargo/Rand@0.7.2"],
    ["pkg://npm//foo@1", "pkg:npm/foo@1"],
    ["pkg:generic/a//b/c@1", "pkg:generic/a/b/c@1"],
    ["pkg:generic/n?z=1&A=2&e=", "pkg:generic/n?a=2&z=1"],
    ["pkg:generic/n#/../a/./b//", "pkg:generic/n#a/b"],
    ["pkg:generic/n@a@b", "pkg:generic/n%40a@b"],
    ["pkg:generic/n@1+b c", "pkg:generic/n@1%2Bb%20c"],
    ["pkg:generic/n@", "pkg:generic/n"],
    ["pkg:generic/n?u=https://a.b/c", "pkg:generic/n?u=https:%2F%2Fa.b%2Fc"],
    [
      "pkg:mlflow/CreditFraud@3?repository_url=https://adb.1.azuredatabricks.net/api",
      "pkg:mlflow/creditfraud@3?repository_url=https:%2F%2Fadb.1.azuredatabricks.net%2Fapi",
    ],
    ["pkg:mlflow/CreditFraud@3?repository_url=https://x.azureml.ms", null],
  ])("%s has one canonical form", (text, expected) => {
    const form = canonical(text);
    if (expected === null) expect(form?.replaceAll("%2F", "/")).toBe(text.replaceAll("%2F", "/"));
    else expect(form).toBe(expected);
    expect(canonical(form ?? "")).toBe(form);
  });

  it.each([
    ["EnterpriseLibrary.Common@6.0", "begin with"],
    ["pkg:EnterpriseLibrary.Common@6.0", "no type and name"],
    ["pkg%3Amaven/org.apache.commons/io", "begin with"],
    ["pkg:n&g?inx/nginx@0.8.9", "no type and name"],
    ["pkg:3nginx/nginx@0.8.9", "the type"],
    ["pkg:x+y/nginx", "the type"],
    ["pkg:maven/@1.3.4", "no name"],
    ["pkg:swift/github.com/Alamofire/@5.4.3", "no name"],
    ["pkg:swift/Alamofire@5.4.3", "needs a namespace"],
    ["pkg:deb/curl@1", "needs a namespace"],
    ["pkg:vscode-extension/java@1", "needs a namespace"],
    ["pkg:cran/x/y@1", "has no namespace"],
    ["pkg:vcpkg/boost/asio@1.84.0", "has no namespace"],
    ["pkg:cpan/GDT/URI::PackageURL", "no such name"],
    ["pkg:chrome-extension/dogs", "no such name"],
    ["pkg:julia/Dates", "needs the qualifier uuid"],
    ["pkg:swid/a/b@1", "needs the qualifier tag_id"],
    ["pkg:npm/a@1?in%20production=true", "the qualifier"],
    ["pkg:npm/a@1?x=1&X=2", "stands twice"],
    ["pkg:npm/a@%zz", "percent sign"],
    ["pkg:npm/a@%ff", "percent sign"],
    ["pkg:generic/a%2Fb/c", "slash"],
    ["pkg:generic/c#a%2Fb", "slash"],
    ["", "begin with"],
  ])("%j is none", (text, why) => {
    expect(parsePurl(text).problem).toContain(why);
  });

  it("comes back from its canonical form as it was built", () => {
    const part = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => /[^/.\s]/.test(text));
    const key = fc.stringMatching(/^[a-z][a-z0-9._-]{0,5}$/);
    const parts = fc.record({
      type: fc.constantFrom("generic", "conan", "docker"),
      namespace: fc.option(
        fc.array(
          part.map((text) => text.replaceAll("/", "")),
          { minLength: 1 },
        ),
      ),
      name: part.map((text) => text.replace(/^\/+|\/+$/g, "")),
      version: fc.option(part),
      qualifiers: fc.dictionary(key, part, { noNullPrototype: true }),
      subpath: fc.option(
        part.map((text) => text.replaceAll("/", "")).filter((t) => !/^\.+$/.test(t)),
      ),
    });
    fc.assert(
      fc.property(parts, (given) => {
        const { purl } = buildPurl({ ...given, namespace: given.namespace?.join("/") ?? null });
        const text = formatPurl(purl!);
        expect(text).toMatch(/^[A-Za-z0-9.\-_~%:/@?=&#]+$/);
        expect(parsePurl(text).purl).toEqual(purl);
        expect([...purl!.qualifiers]).toEqual(
          Object.entries(given.qualifiers).sort(([a], [b]) => (a < b ? -1 : 1)),
        );
      }),
    );
  });

  it("is not one when it is long enough to be an attack", () => {
    expect(parsePurl(`pkg:generic/${"a/".repeat(10_000)}`).problem).toContain("too long");
  });
});
