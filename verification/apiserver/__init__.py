"""`make verify-apiserver`: the manifests, tried with a kube-apiserver without a cluster."""
