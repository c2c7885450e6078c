# Generate signature
openssl dgst -sha256 -sign private_key.pem \
-out firmware.sig firmware.bin
# Attach to binary
peridio binary-signatures create \
--binary-prn $BINARY_PRN \
--signing-key-prn $KEY_PRN \
--signature $(base64 firmware.sig)
