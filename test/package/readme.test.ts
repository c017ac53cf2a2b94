/** The links of the README, as the repository has them and as a registry's page shows them. */
import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withAbsoluteLinks, withRelativeLinks } from "../../scripts/build/registry-links.ts";
import { ROOT, copyCheckout, runOrThrow } from "./project.ts";

const published = { name: "a", version: "1.2.3" };

test("links and images lead to the files of the published version", () => {
  expect(withAbsoluteLinks("[b](docs/c.md#d) ![e](f.svg) [`g`](./h/)", published)).toBe(
    "[b](https://app.unpkg.com/a@1.2.3/files/docs/c.md#d) ![e](https://unpkg.com/a@1.2.3/f.svg) [`g`](https://app.unpkg.com/a@1.2.3/files/h/)",
  );
});

test("addresses, headings of the page and code stay", () => {
  for (const text of ["[b](https://c.com)", "[b](#c)", "[b](mailto:c@d.com)", "array[0](1, 2)"])
    expect(withAbsoluteLinks(text, published)).toBe(text);
});

test("the README of the repository comes back, and its links are not made absolute twice", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const absolute = withAbsoluteLinks(readme, published);
  expect(absolute).not.toBe(readme);
  expect(withAbsoluteLinks(absolute, published)).toBe(absolute);
  expect(withRelativeLinks(absolute, published)).toBe(readme);
});

test("packing leaves the README as it was", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "ringpool-"));
  try {
    const checkout = join(temporary, "checkout");
    await copyCheckout(checkout);
    const before = await readFile(join(checkout, "README.md"), "utf8");
    const { execPath } = process;
    await runOrThrow(
      checkout,
      execPath,
      "pm",
      "pack",
      "--quiet",
      "--filename",
      join(temporary, "a.tgz"),
    );
    expect(await readFile(join(checkout, "README.md"), "utf8")).toBe(before);
  } finally {
    await rm(temporary, { recursive: true });
  }
});
