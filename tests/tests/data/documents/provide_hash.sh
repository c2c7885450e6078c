HASH=$(sha256sum firmware.bin | cut -d' ' -f1)
SIZE=$(stat -f%z firmware.bin) # macOS
SIZE=$(stat -c%s firmware.bin) # Linux
peridio binaries create \
--hash "sha256:$HASH" \
--size $SIZE
