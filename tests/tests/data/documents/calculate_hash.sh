# Linux/macOS
sha256sum firmware.bin
# Or using OpenSSL
openssl dgst -sha256 firmware.bin
