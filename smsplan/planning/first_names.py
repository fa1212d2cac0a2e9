"""First names by language, written by hand: what names do to a text, before there is a list.

Few and invented as a list, so that they stand for how long names are and in which letters, and not
for how many people bear them: the first of a language counts about four times as much as the last.
Languages are those of BCP 47 (``en``, ``tr``). data/make_recipients.py draws from them too.
"""

from __future__ import annotations

NAMES = {
    "en": "Olivia, James, Amelia, Jack, Emily, Thomas, Grace, Harry, Charlotte, William, Sophie, "
    "Daniel, Chloe, Samuel, Hannah, Joseph, Lucy, Benjamin, Ruby, Ethan, Megan, Callum, Poppy, "
    "Christopher, Elizabeth, Alexander, Abigail, Zoë, Renée, D'Arcy, Mary Jane, Anne-Marie",
    "es": "Lucía, Antonio, María, Carmen, Javier, Sofía, Pablo, Laura, Alejandro, Marta, José, "
    "Ana, Álvaro, Elena, Andrés, Inés, Raúl, Begoña, Iñaki, Rocío, Nicolás, Juan Carlos, "
    "María José, María del Pilar, Francisco Javier",
    "pt": "Maria, João, Ana, Pedro, Beatriz, Lucas, Júlia, Gabriel, Inês, Mateus, Larissa, Tiago, "
    "Conceição, Antônio, Luís, Letícia, Simão, Fátima, Rafaela, Guilherme, Ana Carolina, "
    "João Pedro",
    "fr": "Camille, Lucas, Chloé, Louis, Manon, Hugo, Léa, Jules, Inès, Gabriel, Zoé, Raphaël, "
    "Élodie, Théo, Aurélie, François, Maëlys, Jérôme, Hélène, Benoît, Anaïs, Jean-Baptiste, "
    "Marie-Claire, Jean-François",
    "de": "Anna, Lukas, Emma, Felix, Lena, Jonas, Mia, Paul, Jürgen, Katharina, Björn, Sabine, "
    "Günther, Käthe, Wolfgang, Jörg, Ursula, Sören, Friederike, Maximilian, Hans-Peter, "
    "Karl-Heinz, Anneliese",
    "pl": "Anna, Piotr, Zofia, Jakub, Julia, Krzysztof, Małgorzata, Tomasz, Agnieszka, Michał, "
    "Paweł, Katarzyna, Łukasz, Grażyna, Stanisław, Bożena, Wojciech, Jarosław, Elżbieta, Żaneta, "
    "Świętosława",
    "tr": "Zeynep, Mehmet, Elif, Mustafa, Ayşe, Emre, Fatma, Çağla, Burak, İbrahim, Gülşen, Oğuz, "
    "Ömer, Şule, Yiğit, Işıl, Tuğba, Hüseyin, Özgür, Ümit, Ayşegül, Mehmet Ali",
    "sv": "Alice, William, Elsa, Lars, Astrid, Björn, Åsa, Göran, Maja, Östen, Linnéa, Håkan, "
    "Märta, Jörgen, Karl-Johan, Anna-Karin",
    "vi": "Linh, Minh, Anh, Huy, Thảo, Đức, Phương, Tuấn, Hương, Dũng, Ngọc, Khánh, Thúy, Quân, "
    "Bảo Châu, Thùy Dương, Nguyệt",
    "el": "Μαρία, Γιώργος, Ελένη, Δημήτρης, Κατερίνα, Νίκος, Σοφία, Γιάννης, Αγγελική, Παναγιώτης, "
    "Χρήστος, Ευαγγελία, Κωνσταντίνος, ΜΑΡΙΑ, ΓΙΩΡΓΟΣ, ΣΟΦΙΑ, Maria, Giorgos, Eleni, Nikos",
    "uk": "Олена, Андрій, Оксана, Сергій, Ганна, Тарас, Юлія, Іван, Наталія, Євген, Зоряна, "
    "Володимир, Інна, Olena, Andriy, Taras",
    "ru": "Анна, Дмитрий, Екатерина, Алексей, Ольга, Михаил, Татьяна, Фёдор, Анастасия, Юрий, "
    "Александра, Константин, Sergey, Natalia",
    "ar": "محمد, فاطمة, أحمد, مريم, علي, عائشة, يوسف, نور, عبد الرحمن, ليلى, خالد, زينب, "
    "Mohammed, Fatima, Ahmed, Noor",
    "he": "נועה, דוד, תמר, יוסף, מאיה, איתי, שרה, אריאל, רבקה, משה, יעל, Noa, Itai, Yael",
    "hi": "प्रिया, राहुल, अनीता, विकास, सुनीता, अमित, पूजा, संजय, ज्योति, कृष्ण, Priya, Rahul, "
    "Anita, Vikram, Lakshmi, Arjun",
    "bn": "রিয়া, অর্জুন, সুমিতা, রাহুল, মৌসুমী, অনির্বাণ, শ্রাবণী, Ananya, Soumya, Debasish",
    "th": "สมชาย, สมหญิง, มาลี, ประเสริฐ, วิไล, กิตติ, น้ำฝน, อรุณี, พงษ์ศักดิ์, ณัฐวุฒิ, Somchai, Malee",
    "ja": "陽葵, 蓮, さくら, 健太, 美咲, 翔太, 結衣, ひろし, ユウコ, 恵子, 大輝, 𠮷彦, Kenji, Yuki",
    "ko": "서연, 민준, 지우, 하은, 도윤, 수빈, 예준, 지민, 현우, 은지, Minjun, Jiwoo",
    "zh": "偉強, 美玲, 家豪, 嘉欣, 志明, 淑芬, 俊傑, 詠詩, Ka Ho, Mei Ling, Wing Sze",
}


def names(language: str) -> list[tuple[str, int]]:
    """Return the names of a language, each with its weight.

    >>> names("tr")[0]
    ('Zeynep', 12)
    """
    listed = NAMES[language].split(", ")
    return [
        (name, 36 * len(listed) // (3 * len(listed) + 9 * place))
        for place, name in enumerate(listed)
    ]
