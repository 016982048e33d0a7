import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";

/** Returns a QR code as an SVG: dark on light in both colour schemes, because scanners need that. */
export function qrCode(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { border: 1 });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const path = document.createElementNS(SVG, "path");
  const cells = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  path.setAttribute("d", cells.join(""));
  path.setAttribute("fill", "#111");
  svg.append(path);
  return svg;
}
