# Create binary record
curl -X POST https://api.peridio.com/v1/binaries \
-H "Authorization: Bearer $API_KEY" \
-d '{
"artifact_version_prn": "prn:1:artifact-version:...",
"target": "arm-linux-gnueabihf",
"hash": "sha256:abc123...",
"size": 104857600
}'
