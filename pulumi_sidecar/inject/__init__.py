"""A sidecar for workloads that somebody else wrote: what changes in their pod templates and Services, and back.

Plain dicts in, plain dicts out, in Kubernetes' own form (camelCase); values may be Outputs. No resource is made here.
"""
