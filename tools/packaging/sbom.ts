import { Contrib, Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import spdxParse from "spdx-expression-parse";
import type { BundledPackage } from "./bundled-packages.ts";

/** What an SBOM is of. */
export interface Product {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  readonly repository: string;
}

/**
 * The SBOM of a bundle, as CycloneDX 1.6 in JSON. It has no time and no random number: equal bundles have equal SBOMs.
 */
export function sbomOf(product: Product, packages: readonly BundledPackage[]): string {
  const licenses = new Contrib.License.Factories.LicenseFactory(spdxParse);
  const bom = new Models.Bom();
  bom.metadata.lifecycles.add(Enums.LifecyclePhase.Build);
  const root = new Models.Component(Enums.ComponentType.Application, product.name, {
    bomRef: `${product.name}@${product.version}`,
    version: product.version,
    licenses: new Models.LicenseRepository([licenses.makeFromString(product.license)]),
    externalReferences: new Models.ExternalReferenceRepository([
      new Models.ExternalReference(product.repository, Enums.ExternalReferenceType.VCS),
    ]),
  });
  bom.metadata.component = root;
  for (const { name, version, license, description, homepage } of packages) {
    const [scope, bare] = name.startsWith("@") ? name.split("/") : [undefined, name];
    const purl = new PackageURL("npm", scope, bare ?? name, version, undefined, undefined).toString();
    const component = new Models.Component(Enums.ComponentType.Library, bare ?? name, {
      bomRef: purl,
      purl,
      version,
      scope: Enums.ComponentScope.Required,
      licenses: new Models.LicenseRepository([licenses.makeFromString(license)]),
      ...(scope !== undefined && { group: scope }),
      ...(description !== undefined && { description }),
      ...(homepage !== undefined && {
        externalReferences: new Models.ExternalReferenceRepository([
          new Models.ExternalReference(homepage, Enums.ExternalReferenceType.Website),
        ]),
      }),
    });
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  }
  const normalizer = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(normalizer).serialize(bom, { sortLists: true, space: 2 })}\n`;
}
