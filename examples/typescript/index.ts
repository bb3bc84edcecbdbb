import * as pulumi from "@pulumi/pulumi";
import * as sidecar from "@pulumi/sidecar";

const config = new pulumi.Config();

const ca = new sidecar.CertificateAuthority("platform", {});

// A component cannot be given whole to another one: its outputs can.
const authority = {
    certPem: ca.certPem,
    privateKeyPem: ca.privateKeyPem,
    bundlePem: ca.bundlePem,
};

const apps = ["orders", "prices"].map(
    (name) =>
        new sidecar.SidecarDeployment(name, {
            app: {
                image: `ghcr.io/acme/${name}:1.4`,
                port: 8080,
                env: {
                    REGION: config.get("region") ?? "eu",
                    PASSWORD: { secret: "database", key: "password" },
                },
            },
            proxy: { kind: "nginx", hsts: { maxAgeSeconds: 3600 } },
            tls: { kind: "issued", ca: authority },
            replicas: 2,
        }),
);

export const urls = apps.map((app) => app.url);
export const caBundlePem = ca.bundlePem;
