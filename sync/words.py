"""Two hundred and fifty-six plain words: a byte as something that can be read aloud."""

_TEXT = """
    acorn actor album alder alley amber angle ankle apple apron arrow atlas
    attic autumn badge bagel baker bamboo banjo barley barrel basil basket beach
    beacon beaver bench berry birch bishop blanket blossom bonnet border bottle bramble
    branch bread breeze bridge bronze brook bucket butter button cabin cactus camel
    candle canoe canvas carbon carpet carrot castle cedar cellar chalk cherry chimney
    cider cinema circle clover cobalt coffee collar comet copper coral cotton cradle
    crane crayon cricket crown crystal cushion dairy daisy dancer desert diamond dinner
    dolphin donkey dragon drawer drum eagle easel echo elbow ember engine fabric
    falcon feather fender ferry fiddle finger flagon flame flint flower flute forest
    fossil fountain fox galaxy garden garlic garnet gate gentle ginger glacier glove
    goblet granite grape gravel guitar hammer harbour harvest hazel heather helmet heron
    hollow honey hornet hunter iceberg island ivory jacket jasmine jelly jewel jigsaw
    jungle kettle kitchen kitten ladder lagoon lantern laurel lemon lettuce lilac linen
    lizard lobster locket lotus magnet mango maple marble market meadow melon mirror
    mitten monkey morning mountain mustard napkin needle nettle nickel noodle nutmeg oatmeal
    ocean olive onion opal orange orchid otter oyster paddle palace panda paper
    parade parsley pebble pencil pepper piano pigeon pillow planet plum pocket pony
    poppy puffin pumpkin puzzle quartz quilt rabbit raven ribbon river robin rocket
    saddle saffron salmon sandal satin scarf shadow shell silver spider sponge spruce
    squirrel stable starling summer sunset tablet tailor teapot temple thistle thunder ticket
    timber toffee trumpet tulip tunnel turnip turtle umbrella valley velvet violet violin
    walnut walrus water whistle
"""

WORDS: tuple[str, ...] = tuple(_TEXT.split())
