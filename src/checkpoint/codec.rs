//! How the numbers, texts and byte strings of a checkpoint are written, and read back without trusting them.

use bytes::Bytes;

use super::CheckpointError;

type Result<T> = std::result::Result<T, CheckpointError>;

/// Appends to a byte string. Numbers are little-endian; texts and byte strings have their length (`u32`) in front.
#[derive(Default)]
pub struct Encoder(Vec<u8>);

impl Encoder {
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// How many of something follow.
    pub fn count(&mut self, count: usize) -> &mut Self {
        // a length beyond it cannot be read back: whoever splits state into groups stays far below
        self.u32(u32::try_from(count).expect("less than 4 Gi entries or bytes in one piece of a checkpoint"))
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.count(value.len()).raw(value)
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub fn raw(&mut self, value: &[u8]) -> &mut Self {
        self.0.extend_from_slice(value);
        self
    }

    /// What was written, with its checksum (CRC-32C) behind it.
    pub fn sealed(mut self) -> Bytes {
        let sum = crc32c::crc32c(&self.0);
        self.u32(sum);
        self.0.into()
    }

    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}

/// Takes what an [`Encoder`] wrote from the front of a byte string. What it gives shares memory with its input.
pub struct Decoder {
    rest: Bytes,
    /// For messages: the file that is read.
    name: String,
}

impl Decoder {
    pub fn new(bytes: Bytes, name: impl Into<String>) -> Self {
        Decoder { rest: bytes, name: name.into() }
    }

    /// Checks the checksum at the end, and leaves it out.
    pub fn unsealed(mut bytes: Bytes, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        if bytes.len() < 4 {
            return Err(CheckpointError::Damaged { file: name, what: "it is too short".into() });
        }
        let sum = bytes.split_off(bytes.len() - 4);
        if crc32c::crc32c(&bytes).to_le_bytes() != sum[..] {
            return Err(CheckpointError::Damaged { file: name, what: "its checksum differs from its contents".into() });
        }
        Ok(Decoder { rest: bytes, name })
    }

    pub fn damaged(&self, what: impl Into<String>) -> CheckpointError {
        CheckpointError::Damaged { file: self.name.clone(), what: what.into() }
    }

    pub fn take(&mut self, count: usize) -> Result<Bytes> {
        if self.rest.len() < count {
            return Err(self.damaged(format!("{count} bytes are missing at its end")));
        }
        Ok(self.rest.split_to(count))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        let mut array = [0; N];
        array.copy_from_slice(&bytes);
        Ok(array)
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub fn bytes(&mut self) -> Result<Bytes> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    pub fn text(&mut self) -> Result<String> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.into()).map_err(|_| self.damaged("a name in it is no UTF-8"))
    }

    /// As many things as the number in front says. Memory is taken as they are read, not as many are promised.
    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.u32()?;
        let mut list = Vec::new();
        for _ in 0..count {
            if self.rest.is_empty() {
                return Err(self.damaged(format!("it ends in the middle of a list of {count}")));
            }
            list.push(read(self)?);
        }
        Ok(list)
    }

    /// All that is left.
    pub fn rest(self) -> Bytes {
        self.rest
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(self.damaged(format!("{left} bytes are left behind its end"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut encoder = Encoder::default();
        encoder.u8(7).u16(65_535).u64(u64::MAX).i64(-1).text("键").count(2).text("a").text("");
        let mut decoder = Decoder::unsealed(encoder.sealed(), "x").unwrap();
        assert_eq!((decoder.u8().unwrap(), decoder.u16().unwrap()), (7, 65_535));
        assert_eq!((decoder.u64().unwrap(), decoder.i64().unwrap()), (u64::MAX, -1));
        assert_eq!(decoder.text().unwrap(), "键");
        assert_eq!(decoder.list(Decoder::text).unwrap(), ["a", ""]);
        decoder.end().unwrap();
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut encoder = Encoder::default();
        encoder.text("hello");
        let sealed = encoder.sealed();
        for at in 0..sealed.len() {
            let mut changed = sealed.to_vec();
            changed[at] ^= 1;
            assert!(Decoder::unsealed(changed.into(), "f").is_err(), "byte {at}");
        }
        assert!(Decoder::unsealed(Bytes::from_static(b"abc"), "f").is_err());
    }

    #[test]
    fn a_wrong_length_takes_no_memory() {
        // a list of 4 Gi entries, and a text of 4 GiB, of which nothing is there
        let promise = Bytes::from_static(&[255; 4]);
        assert!(Decoder::new(promise.clone(), "f").list(Decoder::u8).is_err());
        let error = Decoder::new(promise, "f").text().unwrap_err();
        assert_eq!(error.to_string(), "the checkpoint's file 'f' is damaged: 4294967295 bytes are missing at its end");
    }
}
