// An API key of SignatureAPI that the controller in the cluster mints.
package main

import (
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(declare)
}

// declare declares the key. The controller in the cluster requests it, writes its value into the Secret, and rotates it by
// its own clock. No value and no management token passes through this program or is in its state.
func declare(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	rotation := map[string]any{"every": "90d", "overlap": "24h"}
	if trigger := settings.Get("trigger"); trigger != "" {
		rotation["trigger"] = trigger
	}
	checkout, err := apiextensions.NewCustomResource(ctx, "checkout", &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String("signatureapi.com/v1"),
		Kind:       pulumi.String("ApiKey"),
		Metadata: metav1.ObjectMetaArgs{
			Name:      pulumi.String("checkout"),
			Namespace: pulumi.String(settings.Require("namespace")),
			// pulumi up completes when the value is delivered, and fails if it is not.
			Annotations: pulumi.StringMap{"pulumi.com/waitFor": pulumi.String("condition=Ready")},
		},
		OtherFields: kubernetes.UntypedArgs{
			"spec": map[string]any{
				"accountRef":  map[string]any{"kind": "ClusterAccount", "name": settings.Require("account")},
				"mode":        "live",
				"description": "Checkout service",
				"rotation":    rotation,
			},
		},
	})
	if err != nil {
		return err
	}
	// What Pods refer to: envFrom: [{secretRef: {name: …}}].
	ctx.Export("secretName", checkout.Metadata.Name())
	return nil
}
