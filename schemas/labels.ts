// Labels: what people call their tunnels by, which nothing on a host knows. Pure.

/** As Prometheus lets a label be called (prometheus.io/docs/concepts/data_model), apart from those that we give. */
export const metricLabel = (name: string): string => `label_${name.replace(/[^A-Za-z0-9_]/g, '_')}`

/** A tunnel, in our names or Terraform's, as if it had none, and in a shared connection none of its tunnels. */
export function withoutLabels<T extends { readonly labels?: unknown; readonly forwards?: unknown }>(tunnel: T): T {
  const { labels: _, ...rest } = tunnel
  if (!Array.isArray(rest.forwards)) return rest as T
  return { ...rest, forwards: rest.forwards.map(({ labels: __, ...forward }) => forward) } as T
}
