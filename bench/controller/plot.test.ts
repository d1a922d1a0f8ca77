import { expect, test } from "vitest";
import { linePlot } from "./plot.ts";

const axes = { title: "Keys < 10 & more", x: "seconds", y: "keys" };

function pathsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/stroke-width="2" d="M([^"]*)"/g)].map(([, path = ""]) => path);
}

test("a curve goes from the origin at the bottom left to its highest value", () => {
  const points = [
    [0, 0],
    [5, 50],
  ] as const;
  const svg = linePlot({ ...axes, series: [{ name: "controller", points }] });
  // The axes end at the round numbers 5 and 50, so that the last point is the corner at the top right.
  expect(pathsOf(svg)).toEqual(["72.0 304.0L704.0 40.0"]);
  expect(svg).toContain(">50</text>");
});

test("texts are escaped, and each curve has a name", () => {
  const series = ["a<b", "c"].map((name) => ({ name, points: [[1, 1]] as const }));
  const svg = linePlot({ ...axes, series });
  expect(svg).toContain("<title>Keys &lt; 10 &amp; more</title>");
  expect(svg).toContain(">a&lt;b</text>");
  expect(svg).toContain(">c</text>");
});

test("many points are thinned, and the last one stays", () => {
  const points = Array.from({ length: 10_001 }, (_, index) => [index, index] as const);
  const [path = ""] = pathsOf(linePlot({ ...axes, series: [{ name: "many", points }] }));
  expect(path.split("L").length).toBeLessThanOrEqual(201);
  expect(path.endsWith("704.0 40.0")).toBe(true);
});

test("nothing to draw is an empty plot", () => {
  const svg = linePlot({ ...axes, series: [{ name: "none", points: [] }] });
  expect(pathsOf(svg)).toEqual([]);
  expect(svg).not.toContain("NaN");
});
