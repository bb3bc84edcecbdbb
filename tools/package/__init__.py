"""`make package`, `lowest`, `sbom`, `audit`: what would be published, checked before anybody gets it."""
