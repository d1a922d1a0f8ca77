// The Kubernetes provider of Pulumi, as its own main package is, but for two files that only its makefile writes: the schema
// and the names that converters from other tools use. Neither matters to a program that runs.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

var version string

func main() {
	provider.Serve("kubernetes", version, []byte("{}"), []byte("{}"))
}
